/** The bytes of an XML document to events, as they come. */
import { GatewayError } from '../errors.ts';
import { Decoder } from './decode.ts';
import { Parser, type ContentHandler, type Locator } from './parser.ts';

export interface XmlReaderOptions {
  /** the parameter of the content type, if there is one */
  readonly charset?: string | undefined;
}

/** Reads one document. */
export class XmlReader {
  readonly #decoder: Decoder;
  readonly #parser: Parser;

  constructor(
    makeHandler: (locator: Locator) => ContentHandler,
    { charset }: XmlReaderOptions = {},
  ) {
    this.#decoder = new Decoder(charset);
    this.#parser = new Parser(makeHandler);
  }

  /**
   * Takes the next bytes.
   * @throws GatewayError malformed-xml, entity-declared, limit-exceeded, unsupported-media-type, with
   *   the place; and what the handler throws. The reader must not be used after that.
   */
  write(bytes: Buffer): void {
    this.#take(this.#decoder.write(bytes));
  }

  /** The document is at its end. Throws as write does. */
  end(): void {
    this.#take(this.#decoder.end());
    this.#parser.write(null);
  }

  #take(text: string): void {
    if (text !== '') this.#parser.write(text);
    const { failure } = this.#decoder;
    if (failure === undefined) return;
    throw new GatewayError(failure.code, failure.message, {
      position: this.#parser.endPlace,
      cause: failure.cause,
    });
  }
}
