/** The second half of a message's way: queue → relay, and the gateway's own heartbeats. */
import type { Log } from './log.ts';
import type { Figures } from './monitor/figures.ts';
import type { RelayFigures } from './monitor/relay-figures.ts';
import { timedDisk } from './monitor/timed-disk.ts';
import type { Options } from './options.ts';
import { encodeAnalyzer } from './prelude/analyzer.ts';
import { FrameWriter } from './prelude/frame.ts';
import { heartbeat, type Status } from './prelude/heartbeat.ts';
import { findProgram, readProfile, type Profile } from './prelude/profile.ts';
import { disk } from './queue/files.ts';
import { Look, type QueueFigures } from './queue/look.ts';
import { Queue } from './queue/queue.ts';
import type { QueueEvents } from './queue/events.ts';
import { takeRetries } from './queue/retries.ts';
import { share, type Source } from './queue/share.ts';
import { parseAddress, type Alternatives } from './relay/address.ts';
import { AdminSession } from './relay/admin.ts';
import { GroupSession } from './relay/group.ts';
import { KEPT_MS, KeptSource } from './relay/kept-source.ts';
import { Relay, type RelayEvents } from './relay/relay.ts';
import { findUndecodable } from './relay/undecodable.ts';
import { watchManagers } from './relay/watch.ts';
import { reason } from './errors.ts';

/** when a session with a manager is ended to be acknowledged */
const SESSION_IDLE = 60_000;
const SESSION_AGE = 300_000;
const SESSION_BYTES = 64 * 1024 * 1024;
/** without any progress for so long a session is hung */
const SESSION_PATIENCE = 60_000;
/** what stopping leaves to a session for its acknowledgement */
const STOP_PATIENCE = 5_000;
/** how often QUEUE/retry is looked at */
const RETRY_INTERVAL = 5_000;

/** What happens to messages behind encoding. */
export interface Delivery {
  /** the gateway's Analyzer, encoded */
  readonly analyzer: Uint8Array;
  /** Makes the frames of one request safe. @throws GatewayError queue-full, queue-failed */
  append(frames: Buffer, messages: number): Promise<void>;
  /** What waits; undefined if there is no queue. */
  readonly look: () => Promise<QueueFigures | undefined>;
  /** Why no ordinary request can be made safe now; undefined if it can. */
  readonly obstacle: () => Promise<string | undefined>;
  /** Gives the manager what it can and ends; what is not delivered stays in the queue. */
  stop(): Promise<void>;
}

/** --dry-run: nothing of Prelude, nothing on disk. */
export const dryDelivery: Delivery = {
  analyzer: new Uint8Array(),
  append: () => Promise.resolve(),
  look: () => Promise.resolve(undefined),
  obstacle: () => Promise.resolve(undefined),
  stop: () => Promise.resolve(),
};

/** What the queue tells of, for the log. */
function queueEvents(log: Log): QueueEvents {
  return {
    failed: (error) => {
      log('queue-failed', { error: error.message });
    },
    torn: (what) => {
      log('torn', what);
    },
    damaged: (what) => {
      log('damaged', what);
    },
    unreadable: (what) => {
      log('unreadable', what);
    },
    gap: (what) => {
      log('gap', what);
    },
    retryRefused: (what) => {
      log('retry-refused', what);
    },
  };
}

/**
 * One relay for managers that stand in for one another; where all are to get everything ("a && b")
 * one for each, so that one that is down does not keep the others waiting.
 */
function makeLines(way: RelayWay, queue: Queue, alternatives: Alternatives): readonly Line[] {
  const [group = [], ...others] = alternatives;
  if (others.length > 0)
    return share(queue, 1).map((source) => makeLine(way, source, alternatives));
  return share(queue, group.length).map((source, index) =>
    makeLine(way, source, [[group[index] ?? '']]),
  );
}

/** A relay, and the queue as it sees it. */
interface Line {
  readonly relay: Relay;
  readonly source: KeptSource;
}

/** What all relays have in common. */
interface RelayWay {
  readonly queueLimit: number;
  /** path of prelude-admin */
  readonly program: string;
  readonly profile: Profile;
  readonly log: Log;
  readonly figures: Figures;
}

function makeLine(
  { queueLimit, program, profile, log, figures }: RelayWay,
  queue: Source,
  alternatives: Alternatives,
): Line {
  const hosts = (alternative: number): readonly string[] => alternatives[alternative] ?? [];
  const manager = (alternative: number): string => hosts(alternative).join(' && ');
  const relay = figures.addRelay(alternatives.map((_, alternative) => manager(alternative)));
  const start = (alternative: number): Promise<GroupSession> => {
    const group = hosts(alternative);
    const connected = afterAll(group.length, () => {
      relay.onConnected(alternative);
    });
    return GroupSession.start(
      group.map((address) => () => {
        const target = { program, profile: profile.name, address };
        return AdminSession.start({ ...target, patience: SESSION_PATIENCE, connected });
      }),
    );
  };
  const bytes = Math.min(SESSION_BYTES, queueLimit / 4);
  // one session and a half, and still less than makes the queue pressed
  const keptBytes = Math.min(SESSION_BYTES, (queueLimit * 3) / 8);
  const source = new KeptSource(queue, {
    windowMs: KEPT_MS,
    bytes: keptBytes,
    watch: (alternative) => watchManagers(profile.directory, hosts(alternative)),
    sentAgain: (what) => {
      log('sent-again', what);
    },
    notWatched: ({ alternative, why }) => {
      log('not-watched', { manager: manager(alternative), why });
    },
    failed: (error) => {
      log('queue-failed', { error: reason(error) });
    },
  });
  const made = new Relay({
    queue: source,
    limits: { idle: SESSION_IDLE, age: SESSION_AGE, bytes },
    alternatives: alternatives.length,
    start: (alternative) => source.session(alternative, () => start(alternative)),
    findUndecodable: (carried) => findUndecodable(program, source, carried),
    events: relayEvents(relay, manager, log),
  });
  return { relay: made, source };
}

/** Calls the function at the last of that many calls. */
function afterAll(count: number, action: () => void): () => void {
  let left = count;
  return () => {
    left--;
    if (left === 0) action();
  };
}

/** What a relay does, for the log and the figures. @param manager the address of an alternative */
function relayEvents(
  relay: RelayFigures,
  manager: (alternative: number) => string,
  log: Log,
): RelayEvents {
  return {
    started: ({ alternative }) => {
      relay.onStart(alternative);
    },
    sent: ({ messages }) => {
      relay.onSent(messages);
    },
    delivered: ({ alternative, ...what }) => {
      log('delivered', { manager: manager(alternative), ...what });
      relay.onAcknowledged(alternative, what.messages);
    },
    failed: ({ alternative, ...what }) => {
      log('not-delivered', { manager: manager(alternative), ...what });
      relay.onFailure(alternative, what.why);
    },
    rejected: ({ alternative, name: kept, segment, why }) => {
      log('rejected', { kept, segment, why });
      relay.onUndecodable(alternative);
    },
  };
}

/**
 * Does something every so many milliseconds, never twice at a time, and without keeping the process
 * alive.
 */
function every(milliseconds: number, action: () => Promise<void>, log: Log): NodeJS.Timeout {
  let running = false;
  return setInterval(() => {
    if (running) return;
    running = true;
    action()
      .catch((error: unknown) => {
        log('queue-failed', { error: reason(error) });
      })
      .finally(() => {
        running = false;
      });
  }, milliseconds).unref();
}

/**
 * Opens the queue and begins to relay.
 * @throws GatewayError configuration
 */
export async function openDelivery(
  options: Options,
  version: string,
  log: Log,
  figures: Figures,
): Promise<Delivery> {
  const program = findProgram('prelude-admin');
  const profile = readProfile(options.profile, options.manager);
  const alternatives = parseAddress(profile.address);
  const events = queueEvents(log);
  const queue = await Queue.open({
    directory: options.queue,
    limit: options.queueLimit,
    disk: timedDisk(disk, (milliseconds) => {
      figures.synced(milliseconds);
    }),
    events,
  });
  if (queue.messages > 0) log('recovered', { messages: queue.messages, bytes: queue.bytes });
  const way = { queueLimit: options.queueLimit, program, profile, log, figures };
  const lines = makeLines(way, queue, alternatives);
  const analyzer = encodeAnalyzer({
    profile: profile.name,
    analyzerid: profile.analyzerid,
    version,
  });
  const beat = async (status: Status): Promise<void> => {
    if (options.heartbeat === 0) return;
    const frames = new FrameWriter(analyzer);
    frames.write(heartbeat(status, options.heartbeat));
    await queue.append(frames.finish(), 1);
    figures.beat();
  };
  const beatQuietly = (status: Status): Promise<void> =>
    beat(status).catch((error: unknown) => {
      log('queue-failed', { error: reason(error) });
    });
  const timers = [
    every(
      RETRY_INTERVAL,
      async () => {
        await queue.tidy();
        const messages = await takeRetries({ queue, disk, directory: options.queue, events });
        if (messages > 0) log('retried', { messages });
      },
      log,
    ),
  ];
  if (options.heartbeat > 0)
    timers.push(every(options.heartbeat * 1000, () => beat('running'), log));
  for (const { relay } of lines) relay.start();
  await beatQuietly('starting');
  const sources = lines.map(({ source }) => source);
  const look = new Look({ queue, sources, disk, directory: options.queue });
  return {
    analyzer,
    append: (frames, messages) => queue.append(frames, messages),
    look: () => look.figures(),
    obstacle: () => look.obstacle(),
    stop: async () => {
      timers.forEach(clearInterval);
      await beatQuietly('exiting');
      await Promise.all(lines.map(({ relay }) => relay.stop(STOP_PATIENCE)));
      await Promise.all(sources.map((source) => source.close()));
      await queue.close();
    },
  };
}
