/**
 * The document's bytes to messages, as they come.
 *
 *   bytes → XmlReader → events → builders → messages
 */
import { GatewayError, type Position } from '../errors.ts';
import type { Element } from '../xml/canonical.ts';
import type { ContentHandler, Locator } from '../xml/parser.ts';
import { XmlReader } from '../xml/reader.ts';
import type { Builder, Context } from './builder.ts';
import { DocumentBuilder } from './class-builders.ts';
import type { Message } from './message.ts';

const ELEMENT_LIMIT = 50000;

/** One adaptation that was made to hold a value in Prelude. */
export interface Adaptation {
  readonly position: Position;
  /** IDMEF path */
  readonly path: string;
  readonly what: string;
}

/** Takes what is read, in the order of the document. */
export interface ReaderEvents {
  /** @param adaptations those that were made in this message */
  message(message: Message, adaptations: readonly Adaptation[]): void;
  /** a piece of the document's text, in order; for those who want it whole */
  text?(piece: string): void;
}

export interface ReaderOptions {
  /** parameter of the content type, if there is one */
  readonly charset?: string | undefined;
  /** read a document that is not IDMEF to its end, and refuse it then */
  readonly toTheEnd?: boolean;
  /**
   * Puts another handler in front, which sees all events with their places, also those of foreign
   * elements and those after a refusal (toTheEnd), and passes them on to the one that it is given.
   */
  readonly wrap?: (handler: ContentHandler, locator: Locator) => ContentHandler;
}

/** What can be wrong with a well-formed document. */
export const isAboutContent = (error: unknown): error is GatewayError =>
  error instanceof GatewayError && (error.code === 'not-idmef' || error.code === 'bad-value');

/** Reads one document. */
export class Reader {
  readonly #content: Content;
  readonly #xml: XmlReader;

  constructor(events: ReaderEvents, { charset, toTheEnd = false, wrap }: ReaderOptions = {}) {
    this.#content = new Content(events, toTheEnd);
    this.#xml = new XmlReader(
      (locator) => {
        this.#content.locator = locator;
        return wrap === undefined ? this.#content : wrap(this.#content, locator);
      },
      {
        charset,
        text: (piece) => {
          events.text?.(piece);
        },
      },
    );
  }

  /**
   * Takes the next bytes.
   * @throws GatewayError that says what is wrong with the document and where; the reader is of no
   *   use then
   */
  write(bytes: Buffer): void {
    this.#xml.write(bytes);
  }

  /** The document is at its end. Throws as write does. */
  end(): void {
    this.#xml.end();
    this.#content.end();
  }
}

/** Passes the events of a document on to builders, one for each open element. */
class Content implements ContentHandler {
  /** set before the first event */
  locator: Locator = { place: { line: 1, column: 1 }, elementPlace: { line: 1, column: 1 } };
  readonly #events: ReaderEvents;
  readonly #toTheEnd: boolean;
  /** around `#builder` */
  readonly #around: Builder[] = [];
  /** of the innermost open element */
  #builder: Builder;
  #adaptations: Adaptation[] = [];
  #elements = 0;
  #messages = 0;
  /** what the document will be refused for at its end; nothing is made of the rest of it */
  #refusal: GatewayError | undefined;

  constructor(events: ReaderEvents, toTheEnd: boolean) {
    this.#events = events;
    this.#toTheEnd = toTheEnd;
    this.#builder = new DocumentBuilder(this.#makeContext());
  }

  open(element: Element): void {
    if (this.#refusal !== undefined) return;
    const around = this.#builder;
    try {
      this.#builder = around.open(element);
      // after open, which may begin a message
      if (++this.#elements > ELEMENT_LIMIT)
        throw new GatewayError(
          'limit-exceeded',
          `a message of more than ${ELEMENT_LIMIT} elements`,
        );
      this.#around.push(around);
    } catch (error) {
      this.#refuse(error, around);
    }
  }

  text(text: string): void {
    if (this.#refusal !== undefined) return;
    try {
      this.#builder.text(text);
    } catch (error) {
      this.#refuse(error, this.#builder);
    }
  }

  instruction(target: string, data: string): void {
    if (this.#refusal === undefined) this.#builder.instruction(target, data);
  }

  close(): void {
    if (this.#refusal !== undefined) return;
    const builder = this.#builder;
    try {
      builder.close();
      this.#builder = this.#around.pop() ?? builder;
    } catch (error) {
      this.#refuse(error, builder);
    }
  }

  /** @throws GatewayError that refuses the document */
  end(): void {
    if (this.#refusal !== undefined) throw this.#refusal;
    if (this.#messages === 0)
      throw new GatewayError('not-idmef', 'there is no Alert and no Heartbeat in the document');
  }

  #makeContext(): Context {
    return {
      note: (builder, what) => {
        this.#adaptations.push({ position: this.locator.place, path: builder.path, what });
      },
      begin: () => {
        this.#elements = 0;
        this.#adaptations = [];
      },
      deliver: (message) => {
        this.#messages++;
        this.#events.message(message, this.#adaptations);
      },
    };
  }

  /**
   * A part of the document cannot be taken. If it is to be read to its end all the same, nothing is
   * made of the rest.
   * @throws GatewayError with the place
   */
  #refuse(error: unknown, builder: Builder): void {
    const refusal = this.#placed(error, builder);
    if (!this.#toTheEnd || !isAboutContent(refusal)) throw refusal;
    this.#refusal = refusal;
  }

  /** The error with the place of the element, if it has none yet. */
  #placed(error: unknown, builder: Builder): unknown {
    if (!(error instanceof GatewayError) || error.position !== undefined) return error;
    const position = this.locator.elementPlace;
    const path = error.path ?? builder.path;
    return new GatewayError(error.code, error.message, { position, path, cause: error.cause });
  }
}
