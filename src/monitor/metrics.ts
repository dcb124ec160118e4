/**
 * GET /metrics: all figures for Prometheus. README, "Watching it", and conf/prometheus-rules.yml
 * tell what to do with them.
 */
import type { QueueFigures } from '../queue/look.ts';
import { Exposition, single, type Sample } from './exposition.ts';
import type { Figures } from './figures.ts';
import type { ProcessFigures } from './process.ts';
import { MANAGER_STATES, type ManagerFigures, type RelayFigures } from './relay-figures.ts';
import type { View } from './view.ts';

const seconds = (milliseconds: number): number => milliseconds / 1000;

/** Prometheus' text. */
export function renderMetrics(view: View): string {
  const out = new Exposition();
  out.gauge('secef_build_info', 'Version of the gateway and of Node.js; always 1.', [
    [{ version: view.version, node: process.versions.node }, 1],
  ]);
  out.gauge(
    'secef_ready',
    'Whether an ordinary request would be accepted now, as GET /ready says.',
    single(view.obstacle === undefined ? 1 : 0),
  );
  writeRequests(out, view.figures);
  if (view.queue !== undefined) writeQueue(out, view.queue, view.now);
  out.histogram(
    'secef_queue_fsync_duration_seconds',
    'How long the disk takes to make accepted messages durable (fdatasync).',
    view.figures.syncDurations,
  );
  writeRelays(out, view.figures.relays);
  writeHeartbeat(out, view);
  writeProcesses(out, view.processes);
  return out.toString();
}

function writeRequests(out: Exposition, figures: Figures): void {
  out.counter(
    'secef_requests_total',
    'Requests that were answered, by HTTP status; GET of the pages is not counted.',
    [...figures.requests].map(([status, count]): Sample => [{ status: String(status) }, count]),
  );
  out.counter(
    'secef_requests_aborted_total',
    'Requests whose client went away before their end; nothing of them was accepted.',
    single(figures.abortedRequests),
  );
  out.counter(
    'secef_received_bytes_total',
    'Bytes of the bodies of answered requests, as they came.',
    single(figures.receivedBytes),
  );
  out.counter(
    'secef_messages_total',
    'Messages of senders that were accepted (answered 200), by kind.',
    [
      [{ kind: 'alert' }, figures.messages.alerts],
      [{ kind: 'heartbeat' }, figures.messages.heartbeats],
    ],
  );
  out.counter(
    'secef_rejected_total',
    'Requests that were refused, by reason (the code in the log).',
    [...figures.rejected].map(([reason, count]): Sample => [{ reason }, count]),
  );
  out.histogram(
    'secef_request_duration_seconds',
    'From the head of a request to its answer.',
    figures.requestDurations,
  );
  out.histogram(
    'secef_validation_duration_seconds',
    'With --valid-dtd: the time that validating a document takes.',
    figures.validationDurations,
  );
}

function writeQueue(out: Exposition, queue: QueueFigures, now: number): void {
  const { messages, bytes, limit, oldestAt, rejected } = queue;
  out.gauge(
    'secef_queue_messages',
    'Messages on disk that no manager has acknowledged yet.',
    single(messages),
  );
  out.gauge(
    'secef_queue_bytes',
    'Bytes on disk, also of messages that were acknowledged within the last minute.',
    single(bytes),
  );
  out.gauge('secef_queue_limit_bytes', 'Bytes that may wait (--queue-limit).', single(limit));
  out.gauge(
    'secef_queue_oldest_age_seconds',
    'How long the oldest of these messages has been waiting at most; 0 if none waits.',
    single(oldestAt === undefined ? 0 : Math.max(0, seconds(now - oldestAt))),
  );
  out.gauge(
    'secef_queue_rejected',
    'Messages that could not be delivered and wait for the operator (secef queue list).',
    single(rejected),
  );
}

/** One sample for each manager of each relay that has the value. */
function ofManagers(
  relays: readonly RelayFigures[],
  value: (manager: ManagerFigures) => number | undefined,
): Sample[] {
  return relays.flatMap((relay, index) => {
    const samples = new Map<string, Sample>();
    for (const figures of relay.managers) {
      const { manager } = figures;
      const found = value(figures);
      // an address may be given twice
      if (found !== undefined && !samples.has(manager))
        samples.set(manager, [{ relay: String(index), manager }, found]);
    }
    return [...samples.values()];
  });
}

function writeRelays(out: Exposition, relays: readonly RelayFigures[]): void {
  out.gauge(
    'secef_relay_up',
    '0 from the failure of a session until a connection to a manager stands again, else 1.',
    relays.map(({ up }, index): Sample => [{ relay: String(index) }, up ? 1 : 0]),
  );
  out.gauge(
    'secef_relay_state',
    '1 for the state that the relay is in with a manager, 0 for the others.',
    MANAGER_STATES.flatMap((state) =>
      ofManagers(relays, (manager) => (manager.state === state ? 1 : 0)).map(
        ([labels, value]): Sample => [{ ...labels, state }, value],
      ),
    ),
  );
  out.gauge(
    'secef_manager_reachable',
    'Whether a manager could be reached when that was last tried; absent if it never was.',
    ofManagers(relays, ({ reachable }) =>
      reachable === undefined ? undefined : Number(reachable),
    ),
  );
  out.counter(
    'secef_relay_sessions_total',
    'Connections to managers that have ended, by outcome.',
    (['acknowledged', 'failed', 'undecodable'] as const).flatMap((outcome) =>
      ofManagers(relays, ({ sessions }) => sessions[outcome]).map(([labels, value]): Sample => [
        { ...labels, outcome },
        value,
      ]),
    ),
  );
  out.counter(
    'secef_relay_acknowledged_messages_total',
    "Messages that a manager has acknowledged, the gateway's own heartbeats included.",
    ofManagers(relays, ({ acknowledged }) => acknowledged),
  );
  out.counter(
    'secef_relay_resent_messages_total',
    'Messages that a failed connection had carried: they are sent again.',
    ofManagers(relays, ({ resent }) => resent),
  );
  out.gauge(
    'secef_relay_last_acknowledgement_timestamp_seconds',
    'When a manager last acknowledged messages; absent until it has since the start.',
    ofManagers(relays, ({ lastAcknowledged: at }) => (at === undefined ? at : seconds(at))),
  );
}

function writeHeartbeat(out: Exposition, { figures, heartbeatInterval }: View): void {
  const { lastHeartbeat } = figures;
  out.gauge(
    'secef_heartbeat_interval_seconds',
    'How often the gateway gives Prelude a heartbeat of its own; 0 if never.',
    single(heartbeatInterval),
  );
  out.gauge(
    'secef_heartbeat_timestamp_seconds',
    "When the gateway's own last heartbeat was put into the queue; absent before the first.",
    single(lastHeartbeat === undefined ? undefined : seconds(lastHeartbeat)),
  );
}

function writeProcesses(out: Exposition, processes: readonly ProcessFigures[]): void {
  const each = (value: (figures: ProcessFigures) => number | undefined): Sample[] =>
    processes.flatMap((figures): Sample[] => {
      const found = value(figures);
      return found === undefined ? [] : [[{ process: figures.name }, found]];
    });
  out.counter(
    'process_cpu_seconds_total',
    'Processor time used, user and system.',
    each(({ cpuSeconds }) => cpuSeconds),
  );
  out.gauge(
    'process_resident_memory_bytes',
    'Resident memory.',
    each(({ residentBytes }) => residentBytes),
  );
  out.gauge(
    'process_start_time_seconds',
    'When the process was started.',
    each(({ startedAt }) => seconds(startedAt)),
  );
  out.gauge(
    'process_open_fds',
    'Open files and sockets.',
    each(({ openFiles }) => openFiles),
  );
  out.gauge(
    'process_max_fds',
    'Most open files and sockets.',
    each(({ maxFiles }) => maxFiles),
  );
  out.gauge(
    'nodejs_heap_size_used_bytes',
    'Heap in use.',
    each(({ heapBytes }) => heapBytes),
  );
  out.gauge(
    'nodejs_eventloop_lag_p99_seconds',
    'How late 99 of 100 turns of the event loop were at most since the last scrape.',
    each(({ lagSeconds }) => lagSeconds),
  );
}
