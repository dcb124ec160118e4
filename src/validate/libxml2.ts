/** libxml2 (libxml2-wasm): which elements of a document violate a document type definition. */
import { DtdValidator, ParseOption, XmlDocument, XmlDtd, XmlValidateError } from 'libxml2-wasm';

/** HUGE: the limits on the length of names and text are those of the reader. */
const OPTION = ParseOption.XML_PARSE_HUGE;

/** Validates documents against one document type definition. */
export class Libxml2Dtd {
  readonly #validator: DtdValidator;

  /**
   * @param source the definition, in UTF-8
   * @throws Error if libxml2 cannot read it
   */
  constructor(source: Uint8Array) {
    this.#validator = new DtdValidator(XmlDtd.fromBuffer(source));
  }

  /**
   * @param document well-formed, in UTF-8, without a document type
   * @returns the lines on which the start tags of elements end that violate the definition; none if
   *   the document is valid. libxml2 gives up after a hundred violations.
   * @throws Error if libxml2 cannot read the document or gives no verdict
   */
  violations(document: Uint8Array): ReadonlySet<number> {
    const tree = XmlDocument.fromBuffer(document, { option: OPTION });
    try {
      this.#validator.validate(tree);
      return new Set();
    } catch (error) {
      if (error instanceof XmlValidateError && error.details.length > 0)
        return new Set(error.details.map(({ line }) => line));
      throw error;
    } finally {
      // its memory is WebAssembly's, of which the garbage collector knows nothing
      tree.dispose();
    }
  }
}
