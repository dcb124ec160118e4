/** The log: JSON lines of bunyan on standard output, each with the name of its event. */
import type { Writable } from 'node:stream';
import bunyan from 'bunyan';
import { Repeats, systemClock, type Clock } from './repeats.ts';

type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Every event that is logged: how bad it is, and what the operator reads. */
export const EVENTS = {
  starting: ['info', 'the gateway starts'],
  recovered: ['info', 'messages of an earlier run wait in the queue'],
  torn: ['warn', 'excluded a partial request that a crash left; its sender was not answered 200'],
  damaged: ['error', 'the disk gave back damaged bytes; kept them, see secef queue list'],
  unreadable: ['error', 'cannot read a segment of the queue; everything else is delivered'],
  gap: ['error', 'segments of the queue are missing; their files were deleted or lost'],
  'retry-refused': ['error', 'a file in QUEUE/retry is damaged; moved it to QUEUE/rejected'],
  rejected: ['error', 'prelude-admin cannot decode a message; kept it, see secef queue list'],
  retried: ['info', 'took back messages that the operator wants to be tried again'],
  listening: ['info', 'ready for requests'],
  requests: ['info', 'requests were answered 200'],
  accepted: ['debug', 'request answered'],
  refused: ['warn', 'request refused'],
  aborted: ['warn', 'the client went away before the end of its request'],
  defect: ['error', 'internal error; please report it'],
  'protocol-error': ['warn', 'closed a connection that does not speak FastCGI'],
  adapted: ['info', 'values were adapted to what Prelude can hold'],
  message: ['debug', 'message received'],
  document: ['debug', 'document received'],
  'queue-failed': ['error', 'cannot write to the queue; senders are told to try again'],
  delivered: ['info', 'a manager has acknowledged messages'],
  'not-delivered': ['warn', 'cannot deliver; the messages stay in the queue'],
  'sent-again': [
    'warn',
    'a manager ended soon after it had acknowledged messages; sends them again',
  ],
  'not-watched': [
    'warn',
    'cannot watch a manager; if it is killed, it can lose what it has just acknowledged',
  ],
  'worker-ended': ['error', 'a worker has died with its requests; it is replaced'],
  'worker-failed': ['error', 'a worker cannot start; trying again'],
  'worker-stopped': ['info', 'a worker has stopped'],
  'draining-failed': [
    'warn',
    'cannot tell Apache to use new connections; a restart may fail requests',
  ],
  'not-notified': ['warn', 'cannot tell systemd how the gateway is'],
  stopping: ['info', 'the gateway stops'],
  stopped: ['info', 'the gateway has stopped'],
  failed: ['fatal', 'the gateway cannot go on'],
} as const satisfies Record<string, readonly [Level, string]>;

export type EventName = keyof typeof EVENTS;

/** Errors that come again and again while their cause lasts, however many: see Repeats. */
const SUMMED: ReadonlySet<EventName> = new Set<EventName>([
  'refused',
  'aborted',
  'defect',
  'protocol-error',
  'queue-failed',
  'not-delivered',
  'not-watched',
]);

/** After these comes nothing: what is counted is told before. */
const LAST: ReadonlySet<EventName> = new Set<EventName>(['stopped', 'worker-stopped', 'failed']);

/** Logs the event. @param fields what belongs to it */
export type Log = (event: EventName, fields?: Readonly<Record<string, unknown>>) => void;

export interface LogOptions {
  readonly clock?: Clock;
  /** where the lines go, standard output otherwise */
  readonly stream?: Writable;
}

/** lines that are written together at most: 4096 bytes are written at once whatever other workers write */
const GATHERED = 10;

/** Makes what is written in one turn of the event loop one system call. @returns to be called before each line */
function gather(stream: Writable): () => void {
  let lines = 0;
  const flush = (): void => {
    if (lines === 0) return;
    lines = 0;
    stream.uncork();
  };
  process.once('exit', flush);
  return () => {
    if (lines >= GATHERED) flush();
    if (lines === 0) {
      stream.cork();
      setImmediate(flush);
    }
    lines++;
  };
}

/** @param debug log the full content of every message, too */
export function createLog(
  debug: boolean,
  { clock = systemClock, stream = process.stdout }: LogOptions = {},
): Log {
  const logger = bunyan.createLogger({ name: 'secef', level: debug ? 'debug' : 'info', stream });
  const beforeLine = stream === process.stdout ? gather(stream) : (): void => undefined;
  const write: Log = (event, fields) => {
    const [level, text] = EVENTS[event];
    beforeLine();
    logger[level]({ event, ...fields }, text);
  };
  const repeats = new Repeats(write, clock);
  return (event, fields = {}) => {
    if (LAST.has(event)) repeats.flush();
    if (SUMMED.has(event)) repeats.take(event, fields);
    else write(event, fields);
  };
}
