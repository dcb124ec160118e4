/**
 * Text to events, strictly by XML 1.0 and Namespaces in XML 1.0. The only file that knows saxes,
 * which reads everything but the document type (doctype.ts) and namespaces (namespaces.ts).
 *
 * However the text is cut into pieces, events and errors are the same; only text may come in
 * several events where a comment or a CDATA section interrupts it.
 */
import { SaxesParser, type SaxesTag } from 'saxes';
import { GatewayError, type ErrorCode, type Position } from '../errors.ts';
import type { Element } from './canonical.ts';
import { readDoctype } from './doctype.ts';
import { explainFault, explainReference } from './faults.ts';
import { StartTag } from './start-tag.ts';

const NESTING_LIMIT = 100;
/** characters between "&" and ";" */
const REFERENCE_LIMIT = 1000;
/** what may become a reference, or a fault that is named as a whole */
const BEGUN_REFERENCE = /^(?:[^\s;&<"']{0,40}|#[0-9]{0,999}|#x[0-9a-fA-F]{0,998})$/;
/** the numbers of some of saxes' states */
const STATE = { begin: 0, whiteSpaceAtBegin: 1, text: 13, reference: 14 };
/** characters that saxes gets at a time */
const SLICE = 2 ** 18;
const LEADING_SPACE = /^[ \t\n]*/;
const BLANK = /^[ \t\n]*$/;
const BYTE_ORDER_MARK = 0xfeff;
/** By their codes: 1 for the characters of ASCII that a name may have. */
const IS_NAME_CHARACTER = new Uint8Array(2 ** 16);
for (const character of '-.:_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')
  IS_NAME_CHARACTER[character.charCodeAt(0)] = 1;

/** Takes what is inside the root element, and the root element, in the order of the document. */
export interface ContentHandler {
  open(element: Element): void;
  /** never empty */
  text(text: string): void;
  /** a CDATA section begins; its text follows as `text` */
  cdata?(): void;
  comment?(): void;
  instruction(target: string, data: string): void;
  /** the innermost open element ends */
  close(): void;
}

/** Tells a ContentHandler, while it is called, where it is in the document. */
export interface Locator {
  /** Where the tag, text, section or instruction begins that the handler is called for. */
  readonly place: Position;
  /** Where the innermost open element begins; that element in its own `open` and `close`, too. */
  readonly elementPlace: Position;
}

/** Parses one document. */
export class Parser extends SaxesParser implements Locator {
  readonly #handler: ContentHandler;
  readonly #startTag = new StartTag();

  /** where the current token begins: its line, its index in the document, and that of its line */
  #line = 1;
  #start = 0;
  #lineStart = 0;
  /** of the reference that is being read */
  #reference: Position | undefined;
  #entity = '';
  /** characters of the text that is being read that are in one piece */
  #flattened = 0;

  /** where the open elements begin, by their depth */
  readonly #lines: number[] = [];
  readonly #columns: number[] = [];
  #depth = 0;

  constructor(makeHandler: (locator: Locator) => ContentHandler) {
    super({ xmlns: false, defaultXMLVersion: '1.0', forceXMLVersion: true });
    this.#handler = makeHandler(this);
    this.textHandler = (text) => {
      if (this.tags.length > 0) this.#handler.text(text);
      else if (!BLANK.test(text)) throw this.#outside(text);
      this.#next(-1);
    };
    this.closeTagHandler = () => {
      this.#handler.close();
      this.#startTag.leave(--this.#depth);
      this.#next(0);
    };
  }

  get place(): Position {
    return { line: this.#line, column: this.#start - this.#lineStart + 1 };
  }

  get elementPlace(): Position {
    const index = this.#depth - 1;
    return { line: this.#lines[index] ?? 1, column: this.#columns[index] ?? 1 };
  }

  /** The place after all text that has come. */
  get endPlace(): Position {
    return { line: this.line, column: this.chunkPosition - this.positionAtNewLine + 1 };
  }

  /**
   * Takes the next piece of the document; null is its end.
   * @throws GatewayError malformed-xml, entity-declared, limit-exceeded, with the place; and what the
   *   handler throws. The parser must not be used after that.
   */
  override write(piece: string | null): this {
    if (piece === '') return this;
    try {
      // the decoder has taken the one that may be there; saxes would take another
      if (this.chunkPosition === 0 && piece?.charCodeAt(0) === BYTE_ORDER_MARK)
        throw fault('text outside of the root element');
      if (piece === null) return super.write(null);
      for (let start = 0; start < piece.length; start += SLICE) {
        super.write(piece.length <= SLICE ? piece : piece.slice(start, start + SLICE));
        this.#flatten();
      }
      return this;
    } catch (error) {
      if (error instanceof GatewayError && error.position === undefined)
        throw fault(error.message, this.place, error.code);
      throw error;
    }
  }

  protected override doctypeHandler(text: string): void {
    this.#startTag.declare(readDoctype(`<!DOCTYPE${text}>`));
    this.#next(0);
  }

  /** Reads the ASCII characters of a name at once; saxes reads others, and the one after the name. */
  protected override captureNameChars(): number {
    const { chunk, i: start } = this;
    let end = start;
    while (end < chunk.length && IS_NAME_CHARACTER[chunk.charCodeAt(end)] === 1) end++;
    this.name += chunk.slice(start, end);
    this.i = end;
    return super.captureNameChars();
  }

  protected override sBeginWhitespace(): void {
    super.sBeginWhitespace();
    if (this.state !== STATE.whiteSpaceAtBegin) this.#next(this.state === STATE.text ? 0 : -1);
  }

  protected override xmldeclHandler(): void {
    this.#next(0);
  }

  protected override commentHandler(): void {
    if (this.tags.length > 0) this.#handler.comment?.();
    // ">" has to follow
    this.#next(1);
  }

  protected override cdataHandler(text: string): void {
    this.#handler.cdata?.();
    if (text !== '') this.#handler.text(text);
    this.#next(0);
  }

  protected override piHandler({ target, body }: { target: string; body: string }): void {
    const hasSpace = this.chunkPosition + this.i - this.#start > target.length + body.length + 4;
    if (target.includes(':') || (body !== '' && !hasSpace))
      throw fault(`"<?${target}" does not begin a processing instruction`);
    if (this.tags.length > 0) this.#handler.instruction(target, body);
    this.#next(0);
  }

  /** Replaces what keeps all attributes in an object: twice the work, and never looked at here. */
  protected override pushAttribPlain(name: string, value: string): void {
    this.#startTag.attribute(this.tag?.name ?? '', name, value, this.#depth);
  }

  protected override openTagHandler(tag: SaxesTag): void {
    const { name } = tag;
    const index = this.#depth;
    if (index >= NESTING_LIMIT)
      throw fault(
        `elements are nested more than ${NESTING_LIMIT} deep`,
        undefined,
        'limit-exceeded',
      );
    const element = this.#startTag.end(name, index);
    this.#lines[index] = this.#line;
    this.#columns[index] = this.#start - this.#lineStart + 1;
    this.#depth = index + 1;
    this.#handler.open(element);
    if (!tag.isSelfClosing) this.#next(0);
  }

  protected override closeTag(): void {
    const open = this.tags[this.tags.length - 1]?.name;
    if (open === undefined) throw fault(`</${this.name}> without a start tag`);
    if (open !== this.name)
      throw fault(`</${this.name}> where ${this.#openElement(open)} has to be closed`);
    super.closeTag();
  }

  protected override sEntity(): void {
    if (this.entity === '') this.#reference = this.#before(0);
    super.sEntity();
    // the piece ends in it
    if (this.entity !== '' && !BEGUN_REFERENCE.test(this.entity)) throw this.#badReference('');
  }

  protected override parseEntity(entity: string): string {
    if (entity.length > REFERENCE_LIMIT) throw this.#badReference('');
    this.#entity = entity;
    return super.parseEntity(entity);
  }

  protected override end(): this {
    const { state } = this;
    if (state === STATE.reference) {
      const { line, column } = this.endPlace;
      if (this.entity === '') this.#reference = { line, column: column - 1 };
      throw this.#badReference('');
    }
    if (state !== STATE.text && state !== STATE.begin && state !== STATE.whiteSpaceAtBegin)
      throw fault('the document ends inside a tag or section');
    const open = this.tags.at(-1)?.name;
    if (open !== undefined) throw fault(`${this.#openElement(open)} is not closed`, this.endPlace);
    if (state !== STATE.text) throw fault('the document has no element', this.endPlace);
    return super.end();
  }

  protected override fail(message: string): never {
    if (message === 'text data outside of root node.') throw this.#outside(this.text);
    if (this.state === STATE.text && this.tags.length === 0)
      throw this.#outside(this.text + this.#unread());
    if (this.piTarget.toLowerCase() === 'xml')
      throw fault(
        this.#start === 0
          ? 'a malformed XML declaration'
          : 'an XML declaration that is not at the very beginning',
      );
    if (message.includes('entity')) throw this.#badReference(this.#entity);
    if (message === 'malformed comment.')
      throw fault('"--" inside a comment', { ...this.place, column: this.place.column - 3 });
    const character = this.chunk.charAt(this.i - 1);
    const { message: ours, back } = explainFault(message, {
      tag: this.tag?.name ?? '',
      character,
    });
    throw fault(ours, back === undefined ? undefined : this.#before(back));
  }

  /**
   * saxes appends to some tokens one character at a time, which V8 keeps as a chain of 32 bytes each
   * until somebody looks into it: that is done every so often.
   */
  #flatten(): void {
    const { length } = this.text;
    if (length < this.#flattened) this.#flattened = 0;
    if (length - this.#flattened < SLICE) return;
    this.#flattened = length;
    this.text.charCodeAt(0);
  }

  /** The next token begins `offset` characters from here. */
  #next(offset: number): void {
    this.#line = this.line;
    this.#start = this.chunkPosition + this.i + offset;
    this.#lineStart = this.positionAtNewLine;
  }

  /** The place of the character that was read so many characters before the last one. */
  #before(back: number): Position {
    const column = this.chunkPosition + this.i - this.positionAtNewLine - back;
    return { line: this.line, column: Math.max(column, 1) };
  }

  #openElement(name: string): string {
    return `<${name}> of line ${this.elementPlace.line}`;
  }

  #badReference(entity: string): GatewayError {
    return fault(explainReference(entity), this.#reference);
  }

  /** @param text what has come outside of the root element, from the token's beginning on */
  #outside(text: string): GatewayError {
    if (this.openWakaBang !== '') return fault('a CDATA section outside of the root element');
    const [blank = ''] = LEADING_SPACE.exec(text) ?? [];
    const lines = blank.split('\n');
    const column = lines.at(-1)?.length ?? 0;
    return fault(
      'text outside of the root element',
      lines.length === 1
        ? { line: this.#line, column: this.place.column + column }
        : { line: this.#line + lines.length - 1, column: column + 1 },
    );
  }

  /** The part of the current text that saxes has not added to `text` yet. */
  #unread(): string {
    const read = this.chunk.slice(Math.max(this.#start - this.chunkPosition, 0), this.i);
    return read.slice(read.lastIndexOf('\r') + 1).replace(/^\n/, '');
  }
}

function fault(
  message: string,
  position?: Position,
  code: ErrorCode = 'malformed-xml',
): GatewayError {
  return new GatewayError(code, message, position && { position });
}
