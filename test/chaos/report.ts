import { losses, type ChaosResult } from './result.ts';

const EXAMPLES = 3;
const WIDTH = 34;

/** The table that tells how it went. */
export function report(result: ChaosResult): string {
  const { options, seconds, total, left, faults, senders, gateway, manager } = result;
  const { counts, torn, halves } = manager.received;
  const { byGateway, byManager } = losses(result);
  const recovered = [...manager.atRisk].filter((id) => counts.has(id)).length;
  const again = [...counts].filter(([, count]) => count > 1);
  const copies = again.reduce((sum, [, count]) => sum + count - 1, 0);
  const accepted = senders.accepted.size;
  return [
    row('seed', options.seed),
    row('seconds (with start and end)', `${seconds.toFixed(0)} (${total.toFixed(0)})`),
    row('senders', options.senders),
    row('faults', faults.count),
    ...[...faults.counts].map(([kind, count]) => row(`  ${kind}`, count)),
    row('alerts sent (all attempts)', senders.attempted),
    ...sorted(senders.statuses).map(([status, count]) =>
      row(`  requests answered ${status === 0 ? 'not at all' : status}`, count),
    ),
    row('alerts answered 200', `${accepted} (${(accepted / seconds).toFixed(0)}/s)`),
    row('received', counts.size),
    row('lost', `${byGateway.length}${examples(byGateway)}`),
    row('torn', `${torn.length}${examples(torn)}`),
    row('left in the queue', left),
    row('duplicates', `${copies} of ${again.length} alerts${examples(again.map(times))}`),
    row('lost by killed managers', `${byManager.length}${examples(byManager)}`),
    row('  kills that could lose any', manager.risky),
    row('  brought back by the spool', recovered),
    row('  documents cut by a kill', halves),
    ...sorted(gateway.events).map(([event, count]) => row(`gateway: ${event}`, count)),
    ...gateway.remarkable.map((line) => `! ${line}`),
  ].join('\n');
}

function times([id, count]: [string, number]): string {
  return `${id} ${count} times`;
}

function examples(all: readonly string[]): string {
  return all.length === 0 ? '' : `, such as ${all.slice(0, EXAMPLES).join(', ')}`;
}

function row(name: string, value: string | number): string {
  return `${name.padEnd(WIDTH)} ${value}`;
}

function sorted<K extends string | number>(map: ReadonlyMap<K, number>): [K, number][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
