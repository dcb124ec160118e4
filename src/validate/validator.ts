/** --valid-dtd: documents against the document type definitions in conf/. */
import { readFileSync } from 'node:fs';
import { readDtd } from './dtd.ts';
import { Validation, type Dialect, type Dialects } from './validation.ts';

const CONF = new URL('../../../conf/', import.meta.url);
const RFC_4765 = 'http://iana.org/idmef';
const DRAFT_2004 = 'urn:iana:xml:ns:idmef';

/** Validates documents. */
export class Validator {
  readonly #dialects: Dialects;
  readonly #validated: (milliseconds: number) => void;

  private constructor(dialects: Dialects, validated: (milliseconds: number) => void) {
    this.#dialects = dialects;
    this.#validated = validated;
  }

  /**
   * Loads libxml2 and the definitions.
   * @param validated is called with the time that libxml2 took for each document
   * @throws Error if a definition cannot be read
   */
  static async open(
    validated: (milliseconds: number) => void = () => undefined,
  ): Promise<Validator> {
    // loaded here, so that only a gateway that validates has it in its memory
    const { Libxml2Dtd } = await import('./libxml2.ts');
    const read = (file: string): Dialect => {
      const source = readFileSync(new URL(file, CONF));
      return { judge: new Libxml2Dtd(source), dtd: readDtd(source.toString()) };
    };
    const rfc = read('idmef-rfc4765.dtd');
    const draft = read('idmef-draft-2004.dtd');
    const dialects = [[RFC_4765, rfc] as const, [DRAFT_2004, draft] as const, ['', rfc] as const];
    return new Validator(new Map(dialects), validated);
  }

  /** The validation of one document. */
  begin(): Validation {
    return new Validation(this.#dialects, this.#validated);
  }
}
