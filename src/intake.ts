/** One document on its way: accept → idmef → prelude, and at its end into the queue. */
import type { Intake } from './accept/post.ts';
import type { Delivery } from './delivery.ts';
import { plain } from './idmef/message.ts';
import { Reader, type Adaptation } from './idmef/read.ts';
import type { Log } from './log.ts';
import { FrameWriter } from './prelude/frame.ts';

export interface IntakeOptions {
  /** of the request, for the log */
  readonly id: string;
  /** parameter of the content type */
  readonly charset: string | undefined;
  readonly delivery: Delivery;
  readonly log: Log;
  /** log the content */
  readonly debug: boolean;
}

/** adaptations named in one log line */
const ADAPTATIONS_LOGGED = 20;

/** Reads one document, encodes its messages, and makes them safe at its end. */
class DocumentIntake implements Intake {
  readonly #delivery: Delivery;
  readonly #frames: FrameWriter;
  readonly #reader: Reader;

  constructor({ id, charset, delivery, log, debug }: IntakeOptions) {
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

/** What takes the next document. */
export function openIntake(options: IntakeOptions): Intake {
  const intake = new DocumentIntake(options);
  if (!options.debug) return intake;
  return new DebugIntake(intake, (document) => {
    options.log('document', { id: options.id, document });
  });
}
