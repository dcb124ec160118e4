/**
 * The message's way, put together: accept → idmef → prelude → queue → relay.
 * In a dry run it ends before the queue.
 */
import { join } from 'node:path';
import { listen, type Listener } from './accept/listen.ts';
import { PostHandler, type Intake, type RequestRecord } from './accept/post.ts';
import { plain } from './idmef/message.ts';
import { Reader, type Adaptation } from './idmef/read.ts';
import type { Log } from './log.ts';
import type { Options } from './options.ts';
import { encodeAnalyzer } from './prelude/analyzer.ts';
import { FrameWriter } from './prelude/frame.ts';
import { findProgram, readProfile } from './prelude/profile.ts';
import { disk } from './queue/files.ts';
import { Queue } from './queue/queue.ts';
import { AdminSession } from './relay/admin.ts';
import { Relay } from './relay/relay.ts';

const MEBIBYTE = 1024 * 1024;
const MAX_IN_FLIGHT = 256 * MEBIBYTE;
/** when a session with a manager is ended to be acknowledged */
const SESSION_IDLE = 60_000;
const SESSION_AGE = 300_000;
const SESSION_BYTES = 64 * MEBIBYTE;
/** without any progress for so long a session is hung */
const SESSION_PATIENCE = 60_000;
/** what stopping leaves to a session for its acknowledgement */
const STOP_PATIENCE = 5_000;
/** adaptations named in one log line */
const ADAPTATIONS_LOGGED = 20;

/** What happens to messages behind encoding. */
interface Delivery {
  /** the gateway's Analyzer, encoded */
  readonly analyzer: Uint8Array;
  /** Makes the frames of one request safe. */
  append(frames: Buffer, messages: number): Promise<void>;
  stop(): Promise<void>;
}

const dryDelivery: Delivery = {
  analyzer: new Uint8Array(),
  append: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};

/** Queue and relay. @throws GatewayError configuration */
async function openDelivery(options: Options, version: string, log: Log): Promise<Delivery> {
  const program = findProgram('prelude-admin');
  const profile = readProfile(options.profile, options.manager);
  const { queue, recovered } = await Queue.open({
    directory: options.queue,
    limit: options.queueLimit,
    disk,
    onFailure: (error) => {
      log('queue-failed', { error: error.message });
    },
  });
  for (const { path, contents } of recovered) {
    const torn = contents.fileLength - contents.length;
    if (torn > 0) log('torn', { segment: path, bytes: torn });
  }
  if (queue.messages > 0) log('recovered', { messages: queue.messages, bytes: queue.bytes });
  const relay = new Relay({
    queue,
    disk,
    limits: {
      idle: SESSION_IDLE,
      age: SESSION_AGE,
      bytes: Math.min(SESSION_BYTES, queue.limit / 4),
    },
    start: () =>
      AdminSession.start({
        program,
        profile: profile.name,
        address: profile.address,
        fifo: join(options.queue, 'session.fifo'),
        patience: SESSION_PATIENCE,
      }),
    events: {
      delivered: (what) => {
        log('delivered', { ...what, manager: profile.address });
      },
      failed: (what) => {
        log('not-delivered', { ...what, manager: profile.address });
      },
    },
  });
  relay.start();
  return {
    analyzer: encodeAnalyzer({ profile: profile.name, analyzerid: profile.analyzerid, version }),
    append: (frames, messages) => queue.append(frames, messages),
    stop: async () => {
      await relay.stop(STOP_PATIENCE);
      await queue.close();
    },
  };
}

/** Reads one document, encodes its messages, and makes them safe at its end. */
class DocumentIntake implements Intake {
  readonly #delivery: Delivery;
  readonly #frames: FrameWriter;
  readonly #reader: Reader;

  constructor(
    delivery: Delivery,
    charset: string | undefined,
    log: Log,
    id: string,
    debug: boolean,
  ) {
    this.#delivery = delivery;
    this.#frames = new FrameWriter(delivery.analyzer);
    this.#reader = new Reader(
      {
        message: (message, adaptations) => {
          this.#frames.write(message);
          if (adaptations.length > 0) logAdaptations(log, id, adaptations);
          if (debug)
            log('message', {
              id,
              version: message.version,
              [message.body.class.xml]: plain(message.body),
            });
        },
      },
      charset,
    );
  }

  write(bytes: Buffer): void {
    this.#reader.write(bytes);
  }

  async end(): Promise<number> {
    this.#reader.end();
    const { count } = this.#frames;
    await this.#delivery.append(this.#frames.finish(), count);
    return count;
  }
}

function logAdaptations(log: Log, id: string, adaptations: readonly Adaptation[]): void {
  const lines = adaptations.map(
    ({ position, path, what }) =>
      `line ${position.line}, column ${position.column}: ${path}: ${what}`,
  );
  log('adapted', {
    id,
    count: lines.length,
    adaptations: lines.slice(0, ADAPTATIONS_LOGGED),
  });
}

/** With --debug: the document as it came, beside what is made of it. */
class DebugIntake implements Intake {
  readonly #inner: Intake;
  readonly #received: Buffer[] = [];
  readonly #log: (document: string) => void;

  constructor(inner: Intake, log: (document: string) => void) {
    this.#inner = inner;
    this.#log = log;
  }

  write(bytes: Buffer): void {
    this.#received.push(bytes);
    this.#inner.write(bytes);
  }

  end(): Promise<number> {
    this.#log(Buffer.concat(this.#received).toString('utf8'));
    return this.#inner.end();
  }
}

function logAnswer(log: Log, { error, ...record }: RequestRecord): void {
  if (error === undefined) log('accepted', record);
  else if (error.code === 'defect') log('defect', { ...record, err: error.cause ?? error });
  else log('refused', { ...record, code: error.code, reason: error.describe() });
}

export interface Gateway {
  /** Takes no more requests, ends those that run, gives the manager what it can, and ends. */
  stop(): Promise<void>;
}

/**
 * Starts the gateway.
 * @throws GatewayError configuration
 */
export async function startGateway(options: Options, version: string, log: Log): Promise<Gateway> {
  const delivery = options.dryRun ? dryDelivery : await openDelivery(options, version, log);
  const handler = new PostHandler({
    maxBody: options.maxBody,
    maxInFlight: MAX_IN_FLIGHT,
    open: (id, charset) => {
      const intake = new DocumentIntake(delivery, charset, log, id, options.debug);
      if (!options.debug) return intake;
      return new DebugIntake(intake, (document) => {
        log('document', { id, document });
      });
    },
    answered: (record) => {
      logAnswer(log, record);
    },
    aborted: (what) => {
      log('aborted', what);
    },
  });
  let listener: Listener;
  try {
    listener = await listen({
      path: options.sock,
      handle: handler.handle,
      protocolError: (err) => {
        log('protocol-error', { err });
      },
    });
  } catch (error) {
    await delivery.stop();
    throw error;
  }
  return {
    stop: async () => {
      const closed = listener.close();
      await handler.stop();
      await closed;
      await delivery.stop();
    },
  };
}
