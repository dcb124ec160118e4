/** The second half of a message's way: queue → relay, and the gateway's own heartbeats. */
import { join } from 'node:path';
import type { Log } from './log.ts';
import type { Options } from './options.ts';
import { encodeAnalyzer } from './prelude/analyzer.ts';
import { FrameWriter } from './prelude/frame.ts';
import { heartbeat, type Status } from './prelude/heartbeat.ts';
import { findProgram, readProfile, type Profile } from './prelude/profile.ts';
import { disk } from './queue/files.ts';
import { Queue } from './queue/queue.ts';
import type { Recovered } from './queue/recover.ts';
import { parseAddress } from './relay/address.ts';
import { AdminSession } from './relay/admin.ts';
import { GroupSession } from './relay/group.ts';
import { Relay } from './relay/relay.ts';
import { findUndecodable } from './relay/undecodable.ts';
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
  /** Gives the manager what it can and ends; what is not delivered stays in the queue. */
  stop(): Promise<void>;
}

/** --dry-run: nothing of Prelude, nothing on disk. */
export const dryDelivery: Delivery = {
  analyzer: new Uint8Array(),
  append: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};

function logRecovered(log: Log, queue: Queue, recovered: readonly Recovered[]): void {
  for (const { path: segment, contents, damaged } of recovered) {
    const bytes = contents.fileLength - contents.length;
    if (damaged !== undefined) log('damaged', { segment, bytes, name: damaged });
    else if (bytes > 0) log('torn', { segment, bytes });
  }
  if (queue.messages > 0) log('recovered', { messages: queue.messages, bytes: queue.bytes });
}

function makeRelay(options: Options, queue: Queue, profile: Profile, log: Log): Relay {
  const program = findProgram('prelude-admin');
  const alternatives = parseAddress(profile.address);
  const hosts = (alternative: number): readonly string[] => alternatives[alternative] ?? [];
  const manager = (alternative: number): string => hosts(alternative).join(' && ');
  return new Relay({
    queue,
    disk,
    limits: {
      idle: SESSION_IDLE,
      age: SESSION_AGE,
      bytes: Math.min(SESSION_BYTES, queue.limit / 4),
    },
    alternatives: alternatives.length,
    start: async (alternative) =>
      new GroupSession(
        await Promise.all(
          hosts(alternative).map((address, index) =>
            AdminSession.start({
              program,
              profile: profile.name,
              address,
              fifo: join(options.queue, `session-${index}.fifo`),
              patience: SESSION_PATIENCE,
            }),
          ),
        ),
      ),
    findUndecodable: (segments) => findUndecodable(program, disk, segments),
    events: {
      delivered: ({ alternative, ...what }) => {
        log('delivered', { manager: manager(alternative), ...what });
      },
      failed: ({ alternative, ...what }) => {
        log('not-delivered', { manager: manager(alternative), ...what });
      },
      rejected: (what) => {
        log('rejected', what);
      },
    },
  });
}

/** Does something every so many milliseconds, without keeping the process alive. */
function every(milliseconds: number, action: () => Promise<void>, log: Log): NodeJS.Timeout {
  return setInterval(() => {
    action().catch((error: unknown) => {
      log('queue-failed', { error: reason(error) });
    });
  }, milliseconds).unref();
}

/**
 * Opens the queue and begins to relay.
 * @throws GatewayError configuration
 */
export async function openDelivery(options: Options, version: string, log: Log): Promise<Delivery> {
  findProgram('prelude-admin');
  const profile = readProfile(options.profile, options.manager);
  parseAddress(profile.address);
  const { queue, recovered } = await Queue.open({
    directory: options.queue,
    limit: options.queueLimit,
    disk,
    onFailure: (error) => {
      log('queue-failed', { error: error.message });
    },
  });
  logRecovered(log, queue, recovered);
  const relay = makeRelay(options, queue, profile, log);
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
  };
  const beatQuietly = (status: Status): Promise<void> =>
    beat(status).catch((error: unknown) => {
      log('queue-failed', { error: reason(error) });
    });
  const timers = [
    every(
      RETRY_INTERVAL,
      async () => {
        const messages = await queue.takeRetries();
        if (messages > 0) log('retried', { messages });
      },
      log,
    ),
  ];
  if (options.heartbeat > 0)
    timers.push(every(options.heartbeat * 1000, () => beat('running'), log));
  relay.start();
  await beatQuietly('starting');
  return {
    analyzer,
    append: (frames, messages) => queue.append(frames, messages),
    stop: async () => {
      timers.forEach(clearInterval);
      await beatQuietly('exiting');
      await relay.stop(STOP_PATIENCE);
      await queue.close();
    },
  };
}
