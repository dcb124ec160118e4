/**
 * The message's way, put together: accept → idmef → prelude → queue → relay.
 * In a dry run it ends before the queue.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { listen, type Listener } from './accept/listen.ts';
import { PostHandler, type Intake, type RequestRecord } from './accept/post.ts';
import { dryDelivery, openDelivery, type Delivery } from './delivery.ts';
import { plain } from './idmef/message.ts';
import { Reader, type Adaptation } from './idmef/read.ts';
import type { Log } from './log.ts';
import type { Options } from './options.ts';
import { FrameWriter } from './prelude/frame.ts';

/** bytes of all bodies in flight together */
const MAX_IN_FLIGHT = 256 * 1024 * 1024;
/** milliseconds that stopping leaves to running requests */
const REQUEST_PATIENCE = 3000;
/** adaptations named in one log line */
const ADAPTATIONS_LOGGED = 20;

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

  abort(): void {
    // nothing has left this request
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

/** With --debug: the document as it came, beside what is made of it, also if it is refused. */
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
    try {
      this.#inner.write(bytes);
    } catch (error) {
      this.#logReceived();
      throw error;
    }
  }

  end(): Promise<number> {
    this.#logReceived();
    return this.#inner.end();
  }

  abort(): void {
    this.#inner.abort();
  }

  #logReceived(): void {
    this.#log(Buffer.concat(this.#received).toString('utf8'));
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
      // systemd or Apache may hold connections open: what runs gets its time, and no more
      await Promise.race([
        Promise.all([listener.close(), handler.stop()]),
        sleep(REQUEST_PATIENCE),
      ]);
      await delivery.stop();
    },
  };
}
