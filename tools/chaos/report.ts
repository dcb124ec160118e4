import { losses, tornOf, type ChaosResult } from './result.ts';

const EXAMPLES = 3;
const NAME_WIDTH = 34;
const WIDTH = 15;

/** A row of the table: what each result has. */
interface Row {
  readonly name: string;
  readonly of: (result: ChaosResult) => number | string;
}

/** The table of one or more runs, a column for each and one for their sums. */
export function report(results: readonly ChaosResult[]): string {
  const rows: Row[] = [
    { name: 'managers', of: ({ setting }) => setting.managers },
    { name: 'workers', of: ({ setting }) => `${setting.workers}` },
    { name: 'socket', of: ({ setting }) => (setting.socketIsPassed ? 'passed' : 'own') },
    { name: 'seed', of: ({ options }) => `${options.seed}` },
    { name: 'senders', of: ({ options }) => options.senders },
    { name: 'seconds of faults', of: ({ seconds }) => Math.round(seconds) },
    { name: 'seconds with start and end', of: ({ total }) => Math.round(total) },
    { name: 'faults', of: ({ faults }) => faults.count },
    ...faultRows(results),
    { name: 'alerts sent (all attempts)', of: ({ senders }) => senders.attempted },
    ...statusRows(results),
    { name: 'alerts answered 200', of: ({ senders }) => senders.accepted.size },
    { name: 'received', of: (result) => received(result) },
    { name: 'lost', of: (result) => losses(result).byGateway.length },
    { name: 'torn', of: (result) => tornOf(result).length },
    { name: 'left in the queue', of: ({ left }) => left.size },
    { name: 'duplicates', of: (result) => duplicates(result) },
    { name: '  most of one alert', of: (result) => `${mostOfOne(result)}` },
    { name: 'lost by a killed manager', of: (result) => losses(result).byManager.length },
    { name: '  kills that could lose any', of: (result) => riskyKills(result) },
    { name: '  documents cut by a kill', of: (result) => halves(result) },
    { name: 'gateway ended by itself', of: ({ gateway }) => gateway.endedByItself },
    { name: '  and would stay down (2, 78)', of: ({ gateway }) => gateway.stayedDown },
    ...eventRows(results),
  ];
  const heads = results.map(({ setting }) => setting.name);
  return [
    line('', [...heads, 'sum']),
    ...rows.map(({ name, of }) => {
      const values = results.map(of);
      return line(name, [...values, sum(values)]);
    }),
    ...results.flatMap(remarks),
  ].join('\n');
}

function faultRows(results: readonly ChaosResult[]): Row[] {
  const kinds = new Set(results.flatMap(({ faults }) => [...faults.counts.keys()]));
  return [...kinds].map((kind) => ({
    name: `  ${kind}`,
    of: ({ faults }) => faults.counts.get(kind) ?? 0,
  }));
}

function statusRows(results: readonly ChaosResult[]): Row[] {
  const statuses = new Set(results.flatMap(({ senders }) => [...senders.statuses.keys()]));
  return [...statuses]
    .sort((a, b) => a - b)
    .map((status) => ({
      name: `  requests ${status === 0 ? 'without an answer' : `answered ${status}`}`,
      of: ({ senders }) => senders.statuses.get(status) ?? 0,
    }));
}

function eventRows(results: readonly ChaosResult[]): Row[] {
  const events = new Set(results.flatMap(({ gateway }) => [...gateway.events.keys()]));
  return [...events].sort().map((event) => ({
    name: `log: ${event}`,
    of: ({ gateway }) => gateway.events.get(event) ?? 0,
  }));
}

/** Alerts that have arrived everywhere. */
function received({ destinations, senders }: ChaosResult): number {
  const hasArrived = (id: string): boolean =>
    destinations.every((group) => group.some(({ received }) => received.counts.has(id)));
  return [...senders.accepted].filter(hasArrived).length;
}

/** How often each group of managers has got each alert. */
function copies({ destinations }: ChaosResult): number[] {
  return destinations.flatMap((group) => {
    const counts = new Map<string, number>();
    for (const { received } of group)
      for (const [id, count] of received.counts) counts.set(id, (counts.get(id) ?? 0) + count);
    return [...counts.values()];
  });
}

function duplicates(result: ChaosResult): number {
  return copies(result).reduce((all, count) => all + count - 1, 0);
}

function mostOfOne(result: ChaosResult): number {
  return copies(result).reduce((most, count) => Math.max(most, count), 0);
}

function riskyKills({ destinations }: ChaosResult): number {
  return destinations.flat().reduce((all, { risky }) => all + risky, 0);
}

function halves({ destinations }: ChaosResult): number {
  return destinations.flat().reduce((all, { received }) => all + received.halves, 0);
}

function remarks(result: ChaosResult): string[] {
  const { byGateway, byManager } = losses(result);
  const lists: [string, readonly string[]][] = [
    ['lost', byGateway],
    ['torn', tornOf(result)],
    ['left in the queue', [...result.left]],
    ['lost by a killed manager', byManager],
  ];
  const examples = lists
    .filter(([, ids]) => ids.length > 0)
    .map(([what, ids]) => `${what}: ${ids.slice(0, EXAMPLES).join(', ')}`);
  return [...examples, ...result.gateway.remarkable].map(
    (remark) => `! ${result.setting.name}: ${remark}`,
  );
}

/** Text, such as a seed, has no sum. */
function sum(values: readonly (number | string)[]): string {
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length < values.length) return '';
  return `${numbers.reduce((all, value) => all + value, 0)}`;
}

function line(name: string, values: readonly (number | string)[]): string {
  const cells = values.map((value) => `${value}`.padStart(WIDTH)).join('');
  return `${name.padEnd(NAME_WIDTH)}${cells}`.trimEnd();
}
