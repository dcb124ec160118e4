/** One document on its way: accept → idmef → prelude, and at its end into the queue. */
import type { Intake, Taken } from './accept/post.ts';
import type { Delivery } from './delivery.ts';
import type { GatewayError } from './errors.ts';
import { plain } from './idmef/message.ts';
import { isAboutContent, Reader, type Adaptation } from './idmef/read.ts';
import type { Log } from './log.ts';
import { FrameWriter } from './prelude/frame.ts';
import type { Validation } from './validate/validation.ts';
import type { Validator } from './validate/validator.ts';

export interface IntakeOptions {
  /** of the request, for the log */
  readonly id: string;
  /** parameter of the content type */
  readonly charset: string | undefined;
  readonly delivery: Pick<Delivery, 'analyzer' | 'append'>;
  readonly log: Log;
  /** log the content */
  readonly debug: boolean;
  /** --valid-dtd */
  readonly validator: Pick<Validator, 'begin'> | undefined;
}

/** adaptations named in one log line */
const ADAPTATIONS_LOGGED = 20;

/** Reads one document, encodes its messages, and makes them safe at its end. */
class DocumentIntake implements Intake {
  readonly #delivery: IntakeOptions['delivery'];
  readonly #frames: FrameWriter;
  readonly #reader: Reader;
  readonly #validation: Validation | undefined;

  constructor({ id, charset, delivery, log, debug, validator }: IntakeOptions) {
    this.#delivery = delivery;
    this.#validation = validator?.begin();
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
        ...(this.#validation && { observer: this.#validation }),
      },
      { charset },
    );
  }

  write(bytes: Buffer): void {
    this.#reader.write(bytes);
  }

  async end(): Promise<Taken> {
    const refusal = this.#endReading();
    // of a document that is not valid all violations are told, not only what the reader met first
    this.#validation?.end();
    if (refusal !== undefined) throw refusal;
    const { count: messages, heartbeats } = this.#frames;
    await this.#delivery.append(this.#frames.finish(), messages);
    return { messages, heartbeats };
  }

  /** @returns what is wrong with the content, if it is only that */
  #endReading(): GatewayError | undefined {
    try {
      this.#reader.end();
      return undefined;
    } catch (error) {
      if (isAboutContent(error)) return error;
      throw error;
    }
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

  end(): Promise<Taken> {
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
