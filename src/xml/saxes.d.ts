/**
 * The part of saxes 6.0.0 that parser.ts uses, which includes internals (its own types do not
 * compile with exactOptionalPropertyTypes, and hide the internals). tsconfig.json maps the module
 * to this file.
 */

/** Without the option xmlns. */
export interface SaxesTag {
  readonly name: string;
  readonly isSelfClosing: boolean;
}

interface SaxesOptions {
  readonly xmlns: false;
  readonly defaultXMLVersion: '1.0';
  /** read documents that declare another version by the rules of the default version */
  readonly forceXMLVersion: true;
}

export class SaxesParser {
  constructor(options: SaxesOptions);

  /** Parses the next piece; null ends the document. */
  write(chunk: string | null): this;
  /** Called by write(null). */
  protected end(): this;
  /** Called at each fault; parsing continues if it returns. */
  protected fail(message: string): this;

  protected doctypeHandler?(text: string): void;
  protected xmldeclHandler?(): void;
  protected piHandler?(instruction: { readonly target: string; readonly body: string }): void;
  /** Called at the "--" that ends the comment. */
  protected commentHandler?(): void;
  protected openTagHandler?(tag: SaxesTag): void;
  protected cdataHandler?(text: string): void;
  /** Called without `this`; at the "<" behind the text. */
  protected textHandler: ((text: string) => void) | undefined;
  /** Called without `this`; the element is no longer in `tags`. */
  protected closeTagHandler: (() => void) | undefined;

  /** Reads the rest of a name into `name`; gives the code of the character after it, or of none. */
  protected captureNameChars(): number;
  /** Reads white space that the document begins with, and the "<" after it. */
  protected sBeginWhitespace(): void;
  /** Reads the rest of a reference, as far as it has come. */
  protected sEntity(): void;
  /** The text that a reference stands for, given what is between "&" and ";". */
  protected parseEntity(entity: string): string;
  /** An attribute is complete. */
  protected pushAttribPlain(name: string, value: string): void;
  /** An end tag is complete. */
  protected closeTag(): void;

  /** line of the next character, from 1 */
  protected readonly line: number;
  /** index in the document at which that line begins */
  protected readonly positionAtNewLine: number;
  /** the piece that is being parsed */
  protected readonly chunk: string;
  /** index in the document at which the piece begins */
  protected readonly chunkPosition: number;
  /** index of the next character in the piece */
  protected i: number;
  /** number of the state */
  protected readonly state: number;
  /** the open elements, the innermost last */
  protected readonly tags: readonly SaxesTag[];
  /** the element that is being opened */
  protected readonly tag: SaxesTag | null;
  /** the part of a text that has come; the whole of it while a fault in it is reported */
  protected readonly text: string;
  /** the name that is being read */
  protected name: string;
  /** the target of the instruction or XML declaration that is being read */
  protected readonly piTarget: string;
  /** an XML declaration may come */
  protected readonly xmlDeclPossible: boolean;
  /** the part of a reference that has come */
  protected readonly entity: string;
  /** what has come behind "<!" */
  protected readonly openWakaBang: string;
}
