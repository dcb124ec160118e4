/** libxml2 (libxml2-wasm): which elements of a document violate a document type definition. */
import { DtdValidator, ParseOption, XmlDocument, XmlDtd, XmlValidateError } from 'libxml2-wasm';

/** HUGE: the limits on the length of names and text are those of the reader. */
const OPTION = ParseOption.XML_PARSE_HUGE;
/** valid documents that are remembered, and their longest */
const REMEMBERED = 500;
const REMEMBERED_LENGTH = 4096;

const NONE: ReadonlySet<number> = new Set();

/** Validates documents against one document type definition. */
export class Libxml2Dtd {
  readonly #validator: DtdValidator;
  /** Sensors send alerts of few shapes: a source that has been found valid is valid again. */
  readonly #valid = new Set<string>();

  /**
   * @param source the definition, in UTF-8
   * @throws Error if libxml2 cannot read it
   */
  constructor(source: Uint8Array) {
    this.#validator = new DtdValidator(XmlDtd.fromBuffer(source));
  }

  /**
   * @param document well-formed, without a document type
   * @returns the lines on which the start tags of elements end that violate the definition; none if
   *   the document is valid. libxml2 gives up after a hundred violations.
   * @throws Error if libxml2 cannot read the document or gives no verdict
   */
  violations(document: string): ReadonlySet<number> {
    if (this.#valid.has(document)) return NONE;
    const tree = XmlDocument.fromBuffer(Buffer.from(document), { option: OPTION });
    try {
      this.#validator.validate(tree);
      if (document.length <= REMEMBERED_LENGTH) this.#remember(document);
      return NONE;
    } catch (error) {
      if (error instanceof XmlValidateError && error.details.length > 0)
        return new Set(error.details.map(({ line }) => line));
      throw error;
    } finally {
      // its memory is WebAssembly's, of which the garbage collector knows nothing
      tree.dispose();
    }
  }

  #remember(document: string): void {
    if (this.#valid.size >= REMEMBERED) this.#valid.clear();
    this.#valid.add(document);
  }
}
