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

/** elements of a message */
export const ELEMENT_LIMIT = 50000;

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
  /** sees everything; a document that is not IDMEF is then read to its end, and refused there */
  readonly observer?: ElementObserver;
}

/** Sees all elements and all text of a document in their order, also if they are not IDMEF. */
export interface ElementObserver {
  /** A start tag at that place. May throw a GatewayError without a place. */
  open(element: Element, position: Position): void;
  /** a piece of text, with references resolved */
  text(text: string): void;
  /** a CDATA section begins, whose text comes with `text` */
  cdata(): void;
  /** a comment or a processing instruction, inside the root element */
  aside(): void;
  close(): void;
}

export interface ReaderOptions {
  /** parameter of the content type, if there is one */
  readonly charset?: string | undefined;
}

/** What can be wrong with a well-formed document. */
export const isAboutContent = (error: unknown): error is GatewayError =>
  error instanceof GatewayError && (error.code === 'not-idmef' || error.code === 'bad-value');

/** Reads one document. */
export class Reader {
  readonly #content: Content;
  readonly #xml: XmlReader;

  constructor(events: ReaderEvents, { charset }: ReaderOptions = {}) {
    this.#content = new Content(events);
    this.#xml = new XmlReader(
      (locator) => {
        this.#content.locator = locator;
        const { observer } = events;
        return observer ? new Observed(this.#content, observer, locator) : this.#content;
      },
      { charset },
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

/** Shows an observer every event before it passes that on. */
class Observed implements ContentHandler {
  readonly #content: Content;
  readonly #observer: ElementObserver;
  readonly #locator: Locator;

  constructor(content: Content, observer: ElementObserver, locator: Locator) {
    this.#content = content;
    this.#observer = observer;
    this.#locator = locator;
  }

  open(element: Element): void {
    this.#observer.open(element, this.#locator.elementPlace);
    this.#content.open(element);
  }

  text(text: string): void {
    this.#observer.text(text);
    this.#content.text(text);
  }

  cdata(): void {
    this.#observer.cdata();
  }

  comment(): void {
    this.#observer.aside();
  }

  instruction(target: string, data: string): void {
    this.#observer.aside();
    this.#content.instruction(target, data);
  }

  close(): void {
    this.#observer.close();
    this.#content.close();
  }
}

/** Passes the events of a document on to builders, one for each open element. */
class Content implements ContentHandler {
  /** set before the first event */
  locator: Locator = { place: { line: 1, column: 1 }, elementPlace: { line: 1, column: 1 } };
  readonly #events: ReaderEvents;
  /** around `#builder` */
  readonly #around: Builder[] = [];
  /** of the innermost open element */
  #builder: Builder;
  #adaptations: Adaptation[] = [];
  #elements = 0;
  #messages = 0;
  /** what the document will be refused for at its end; nothing is made of the rest of it */
  #refusal: GatewayError | undefined;

  constructor(events: ReaderEvents) {
    this.#events = events;
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
   * A part of the document cannot be taken. If an observer sees the document to its end all the same,
   * nothing is made of the rest.
   * @throws GatewayError with the place
   */
  #refuse(error: unknown, builder: Builder): void {
    const refusal = this.#placed(error, builder);
    if (this.#events.observer === undefined || !isAboutContent(refusal)) throw refusal;
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
