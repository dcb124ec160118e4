/**
 * The document's bytes to messages, as they come.
 *
 *   bytes → Decoder → text → WellFormed → tokens → sax → events → builders → messages
 */
import sax, { type Attribute as SaxAttribute, type SAXParser } from 'sax';
import { GatewayError, type Position } from '../errors.ts';
import { Decoder } from './decode.ts';
import type { Builder, Context } from './builder.ts';
import { DocumentBuilder } from './class-builders.ts';
import type { Message } from './message.ts';
import { Namespaces, type Declarations } from './namespaces.ts';
import { WellFormed } from './wellformed.ts';

// Tokens are bounded by the limits on the body; sax's own limit would cut text in two.
sax.MAX_BUFFER_LENGTH = Infinity;

const ELEMENT_LIMIT = 50000;
/** characters that sax gets at a time */
const SLICE = 2 ** 18;

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
}

/** What can be wrong with a well-formed document. */
export const isAboutContent = (error: unknown): error is GatewayError =>
  error instanceof GatewayError && (error.code === 'not-idmef' || error.code === 'bad-value');

interface Open {
  readonly builder: Builder;
  readonly position: Position;
  readonly declarations: Declarations;
}

/** Reads one document. */
export class Reader {
  readonly #events: ReaderEvents;
  readonly #decoder: Decoder;
  readonly #wellFormed: WellFormed;
  readonly #parser: SAXParser;
  readonly #open: Open[];
  readonly #namespaces = new Namespaces();
  /** what sax is reading */
  #token = '';
  #attributes: SaxAttribute[] = [];
  #adaptations: Adaptation[] = [];
  #elements = 0;
  #messages = 0;
  readonly #toTheEnd: boolean;
  /** what the document will be refused for at its end; nothing is made of the rest of it */
  #refusal: GatewayError | undefined;

  constructor(events: ReaderEvents, { charset, toTheEnd = false }: ReaderOptions = {}) {
    this.#events = events;
    this.#toTheEnd = toTheEnd;
    this.#decoder = new Decoder(charset);
    this.#parser = this.#makeParser();
    this.#wellFormed = new WellFormed({
      markup: (token) => {
        this.#parse(token);
      },
      instruction: (target, data) => {
        this.#parser.flush();
        this.#top().builder.instruction(target, data);
      },
    });
    const builder = new DocumentBuilder(this.#makeContext());
    this.#open = [{ builder, position: { line: 1, column: 1 }, declarations: [] }];
  }

  /**
   * Takes the next bytes.
   * @throws GatewayError that says what is wrong with the document and where; the reader is of no
   *   use then
   */
  write(bytes: Buffer): void {
    this.#take(this.#decoder.write(bytes));
  }

  /** The document is at its end. Throws as write does. */
  end(): void {
    this.#take(this.#decoder.end());
    this.#wellFormed.end();
    if (this.#refusal !== undefined) throw this.#refusal;
    if (this.#messages === 0)
      throw new GatewayError('not-idmef', 'there is no Alert and no Heartbeat in the document');
  }

  #take(text: string): void {
    if (text !== '') {
      this.#events.text?.(text);
      this.#wellFormed.write(text);
    }
    const { failure } = this.#decoder;
    if (failure === undefined) return;
    this.#wellFormed.breakOff();
    throw new GatewayError(failure.code, failure.message, {
      position: this.#wellFormed.inputEnd,
      cause: failure.cause,
    });
  }

  /**
   * sax appends to an attribute's value one character at a time, which V8 keeps as a chain of 32
   * bytes each until somebody looks into it: that is done every so often.
   */
  #parse(token: string): void {
    this.#token = token;
    for (let start = 0; start < token.length; start += SLICE) {
      this.#parser.write(token.slice(start, start + SLICE));
      if (token.length > SLICE) this.#parser.attribValue.charCodeAt(0);
    }
  }

  #makeParser(): SAXParser {
    const parser = sax.parser(true, { position: false, strictEntities: true });
    parser.onerror = (error) => {
      throw this.#malformed(error);
    };
    parser.onopentagstart = () => {
      if (this.#attributes.length > 0) this.#attributes = [];
    };
    parser.onattribute = (attribute) => {
      this.#attributes.push(attribute);
    };
    parser.onopentag = ({ name }) => {
      if (this.#refusal !== undefined) return;
      const { position } = this.#wellFormed;
      const { builder } = this.#top();
      try {
        this.#openElement(name, builder, position);
      } catch (error) {
        this.#refuse(error, builder, position);
      }
    };
    parser.ontext = parser.oncdata = (text) => {
      if (this.#refusal !== undefined) return;
      const { builder, position } = this.#top();
      try {
        builder.text(text);
      } catch (error) {
        this.#refuse(error, builder, position);
      }
    };
    parser.onclosetag = () => {
      if (this.#refusal !== undefined) return;
      const { builder, position, declarations } = this.#top();
      try {
        builder.close();
      } catch (error) {
        this.#refuse(error, builder, position);
        return;
      }
      this.#open.pop();
      this.#namespaces.close(declarations);
    };
    return parser;
  }

  /**
   * A part of the document cannot be taken. If it is to be read to its end all the same, nothing is
   * made of the rest.
   * @throws GatewayError with the place
   */
  #refuse(error: unknown, builder: Builder, position: Position): void {
    const refusal = placed(error, builder, position);
    if (!this.#toTheEnd || !isAboutContent(refusal)) throw refusal;
    this.#refusal = refusal;
  }

  #makeContext(): Context {
    return {
      note: (builder, what) => {
        const { position } = this.#wellFormed;
        this.#adaptations.push({ position, path: builder.path, what });
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

  #top(): Open {
    const top = this.#open.at(-1);
    if (top === undefined) throw new Error('the document builder is never closed');
    return top;
  }

  #openElement(name: string, around: Builder, position: Position): void {
    const attributes = this.#attributesOf(name);
    const declarations = this.#namespaces.open(attributes);
    const builder = around.open(this.#namespaces.element(name, attributes));
    // behind open, which may begin a message
    if (++this.#elements > ELEMENT_LIMIT)
      throw new GatewayError('limit-exceeded', `a message of more than ${ELEMENT_LIMIT} elements`);
    this.#open.push({ builder, position, declarations });
  }

  /** As their declarations want them. */
  #attributesOf(element: string): readonly SaxAttribute[] {
    const wellFormed = this.#wellFormed;
    if (!wellFormed.declares(element)) return this.#attributes;
    return this.#attributes.map(({ name, value }) => ({
      name,
      value: wellFormed.attributeValue(element, name, value),
    }));
  }

  /** What sax refuses: WellFormed leaves only references to characters that XML does not have. */
  #malformed(error: Error): GatewayError {
    const { index, reference } = invalidReference(this.#token);
    const message =
      reference === undefined
        ? error.message.replaceAll('\n', ', ')
        : `the reference ${reference} is to no character of XML`;
    const position = this.#wellFormed.placeBehind(this.#token.slice(0, index));
    return new GatewayError('malformed-xml', message, { position });
  }
}

/** The error with the place where it happened, if it has none yet. */
function placed(error: unknown, builder: Builder, position: Position): unknown {
  if (!(error instanceof GatewayError) || error.position !== undefined) return error;
  const path = error.path ?? (error.code === 'malformed-xml' ? '' : builder.path);
  return new GatewayError(error.code, error.message, { position, path, cause: error.cause });
}

/** XML 1.0, 2.2 */
function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 9 || code === 10 || code === 13;
  return (
    code <= 0xd7ff || (code >= 0xe000 && code <= 0x10ffff && code !== 0xfffe && code !== 0xffff)
  );
}

/** The first reference to what is no character; the index is 0 if there is none. */
function invalidReference(token: string): { index: number; reference?: string } {
  for (const { 0: reference, 1: hexadecimal, 2: decimal, index } of token.matchAll(
    /&#(?:x([0-9a-fA-F]+)|([0-9]+));/g,
  )) {
    const code = hexadecimal === undefined ? Number(decimal) : parseInt(hexadecimal, 16);
    if (!isCharacter(code)) return { index, reference };
  }
  return { index: 0 };
}
