/**
 * What sax lets pass and XML 1.0 does not.
 *
 * Cuts the text into whole tokens, checks each against the grammar (XML 1.0 and Namespaces in XML
 * 1.0) and hands it on; only tags, text and CDATA sections go on to sax. Since tokens are never
 * cut, how the text came in pieces makes no difference to anybody behind.
 */
import { GatewayError, type ErrorCode, type Position } from '../errors.ts';
import { readDoctype, type Declarations } from './doctype.ts';
import { BAD_REFERENCE, NCNAME, NO_CHAR, QNAME, SPACE as S } from './names.ts';
import { readStartTag } from './start-tag.ts';
import { quote, matchAt } from './text.ts';

/** Takes the tokens, in order. */
export interface Tokens {
  /** a start tag, an end tag, text or a CDATA section, for sax to read; white space in tags is blank */
  markup(token: string): void;
  /** a processing instruction inside the root element */
  instruction(target: string, data: string): void;
}

const NESTING_LIMIT = 100;
/** characters that attribute defaults may add to a document */
const DEFAULTS_LIMIT = 1024 * 1024;

const END_TAG = new RegExp(`</(${QNAME})${S}*>`, 'y');
const INSTRUCTION = new RegExp(`<\\?(${NCNAME})(?:${S}+([^]*))?\\?>`, 'y');
const DECLARATION = new RegExp(
  `<\\?xml${S}+version${S}*=${S}*(?:"1\\.\\d+"|'1\\.\\d+')` +
    `(?:${S}+encoding${S}*=${S}*(?:"[A-Za-z][\\w.-]*"|'[A-Za-z][\\w.-]*'))?` +
    `(?:${S}+standalone${S}*=${S}*(?:"(?:yes|no)"|'(?:yes|no)'))?${S}*\\?>`,
  'y',
);
const TEXT_FAULT = new RegExp(`${NO_CHAR}|\\]\\]>|${BAD_REFERENCE}`);
const VALUE_FAULT = new RegExp(`${NO_CHAR}|<|${BAD_REFERENCE}`);
const CHARACTER_FAULT = new RegExp(NO_CHAR);
const LINE_FEED = 10;
const BLANK = /^[ \t\n]*$/;
const COMMENT = '<!--';
const CDATA = '<![CDATA[';
const DOCTYPE = '<!DOCTYPE';

interface OpenElement {
  readonly name: string;
  readonly line: number;
}

export class WellFormed {
  readonly #tokens: Tokens;
  /** what begins with a token that is not complete yet */
  #rest = '';
  /** what came behind it and was not looked at, since it is too little to be worth it */
  #pending: string[] = [];
  #pendingLength = 0;
  #heldReturn = false;
  #line = 1;
  #column = 1;
  readonly #open: OpenElement[] = [];
  #atStart = true;
  #sawDoctype = false;
  #sawRoot = false;
  #declarations: Declarations = new Map();
  #defaulted = 0;

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  /** Where the token begins that is being handed on. */
  get position(): Position {
    return { line: this.#line, column: this.#column };
  }

  /** The place behind all that came. */
  get inputEnd(): Position {
    return this.placeBehind(this.#rest + this.#pending.join(''));
  }

  /** The place behind the text, which begins with the token that is being handed on. */
  placeBehind(text: string): Position {
    const before = this.position;
    this.#advance(text, 0, text.length);
    const place = this.position;
    this.#line = before.line;
    this.#column = before.column;
    return place;
  }

  /** Whether the document type says anything of the element's attributes. */
  declares(element: string): boolean {
    return this.#declarations.has(element);
  }

  /** An attribute's value as its declaration wants it (XML 1.0, 3.3.3). */
  attributeValue(element: string, name: string, value: string): string {
    const isTokens = this.#declarations.get(element)?.get(name)?.isTokens === true;
    return isTokens ? value.replace(/ +/g, ' ').replace(/^ | $/g, '') : value;
  }

  /**
   * Takes the next piece of the document.
   * @throws GatewayError malformed-xml, entity-declared, limit-exceeded; with the place
   */
  write(piece: string): void {
    const text = this.#normaliseLineEnds(piece);
    this.#pending.push(text);
    this.#pendingLength += text.length;
    // An unfinished token is looked at again only when it has grown by half: linear in the end.
    if (this.#pendingLength * 2 >= this.#rest.length) this.#scan(false);
  }

  /** Nothing more can be read: looks at what has come so far. Throws as write does. */
  breakOff(): void {
    this.#scan(false);
  }

  /** The document is at its end. Throws as write does. */
  end(): void {
    if (this.#heldReturn) this.#pending.push('\n');
    this.#heldReturn = false;
    this.#scan(true);
    const unclosed = this.#open.at(-1);
    if (unclosed !== undefined)
      throw this.#fault(`<${unclosed.name}> of line ${unclosed.line} is not closed`);
    if (!this.#sawRoot) throw this.#fault('the document has no element');
  }

  /** XML 1.0, 2.11: CR LF and a CR alone are read as LF. */
  #normaliseLineEnds(piece: string): string {
    let text = this.#heldReturn ? `\r${piece}` : piece;
    this.#heldReturn = text.endsWith('\r');
    if (this.#heldReturn) text = text.slice(0, -1);
    return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  }

  #scan(final: boolean): void {
    const text = this.#rest + this.#pending.join('');
    this.#pending = [];
    this.#pendingLength = 0;
    let at = 0;
    let lineEnd = endOfLine(text, 0);
    while (at < text.length) {
      const end = this.#token(text, at, final);
      if (end === undefined) break;
      // most tokens are within a line
      if (end <= lineEnd) this.#column += end - at;
      else {
        this.#advance(text, at, end);
        lineEnd = endOfLine(text, end);
      }
      at = end;
    }
    if (final && at < text.length) throw this.#fault('the document ends inside a tag or section');
    this.#rest = text.slice(at);
  }

  /** Checks and hands on the token at `at`; gives the index behind it, undefined if it is cut off. */
  #token(text: string, at: number, final: boolean): number | undefined {
    if (text.charAt(at) !== '<') return this.#characters(text, at, final);
    switch (text.charAt(at + 1)) {
      case '':
        return undefined;
      case '/':
        return this.#endTag(text, at);
      case '?':
        return this.#instruction(text, at);
      case '!':
        return this.#declaration(text, at, final);
      default:
        return this.#startTag(text, at);
    }
  }

  #characters(text: string, at: number, final: boolean): number | undefined {
    let end = text.indexOf('<', at);
    if (end < 0) {
      if (!final) return undefined;
      end = text.length;
    }
    const token = text.slice(at, end);
    this.#check(token, TEXT_FAULT);
    this.#atStart = false;
    if (this.#open.length > 0) this.#tokens.markup(token);
    else if (!BLANK.test(token))
      throw this.#fault(`${quote(token.trim())} outside of the root element`);
    return end;
  }

  #startTag(text: string, start: number): number | undefined {
    const found = this.#placed(() => readStartTag(text, start));
    if (found === undefined) return undefined;
    const { name, attributes, isBare, end } = found;
    const tag = text.slice(start, end);
    if (!isBare) this.#check(tag, VALUE_FAULT, 1);
    this.#openTag(name, attributes, isBare ? tag : tag.replace(/[\t\n]/g, ' '));
    return end;
  }

  #openTag(name: string, attributes: ReadonlySet<string>, tag: string): void {
    if (this.#sawRoot && this.#open.length === 0)
      throw this.#fault(`<${name}> behind the root element; send one document per request`);
    this.#atStart = false;
    this.#sawRoot = true;
    if (this.#open.length >= NESTING_LIMIT)
      throw this.#fault(`elements are nested more than ${NESTING_LIMIT} deep`, 'limit-exceeded');
    if (!tag.endsWith('/>')) this.#open.push({ name, line: this.#line });
    this.#tokens.markup(this.#withDefaults(name, attributes, tag));
  }

  /** The tag with the attributes that the internal subset declares a default for. */
  #withDefaults(name: string, attributes: ReadonlySet<string>, tag: string): string {
    const declarations = this.#declarations.get(name);
    if (declarations === undefined) return tag;
    const close = tag.endsWith('/>') ? '/>' : '>';
    let added = '';
    for (const [attribute, { value }] of declarations)
      if (value !== undefined && !attributes.has(attribute)) added += ` ${attribute}=${value}`;
    this.#defaulted += added.length;
    if (this.#defaulted > DEFAULTS_LIMIT)
      throw this.#fault(
        `attribute defaults add more than ${DEFAULTS_LIMIT} characters`,
        'limit-exceeded',
      );
    this.#check(added, VALUE_FAULT);
    return tag.slice(0, -close.length) + added.replace(/[\t\n]/g, ' ') + close;
  }

  #endTag(text: string, start: number): number | undefined {
    const end = text.indexOf('>', start) + 1;
    if (end === 0) return undefined;
    const token = text.slice(start, end);
    const expected = this.#open.at(-1)?.name;
    if (expected !== undefined && token === `</${expected}>`) {
      this.#open.pop();
      this.#tokens.markup(token);
      return end;
    }
    const name = matchAt(END_TAG, token, 0)?.[1];
    if (name === undefined) throw this.#fault(`${quote(token)} is not an end tag`);
    const open = this.#open.pop();
    if (open === undefined) throw this.#fault(`</${name}> without a start tag`);
    if (open.name !== name)
      throw this.#fault(`</${name}> where </${open.name}> of line ${open.line} has to be closed`);
    this.#tokens.markup(token.replace(/[\t\n]/g, ' '));
    return end;
  }

  #instruction(text: string, start: number): number | undefined {
    const end = text.indexOf('?>', start + 2) + 2;
    if (end === 1) return undefined;
    const token = text.slice(start, end);
    this.#check(token, CHARACTER_FAULT);
    const [, target = '', data = ''] = matchAt(INSTRUCTION, token, 0) ?? [];
    if (target.toLowerCase() === 'xml') this.#checkDeclaration(token);
    else if (target === '') throw this.#fault(`${quote(token)} is not a processing instruction`);
    else if (this.#open.length > 0) this.#tokens.instruction(target, data);
    this.#atStart = false;
    return end;
  }

  #checkDeclaration(token: string): void {
    if (!this.#atStart) throw this.#fault('an XML declaration that is not at the very beginning');
    if (matchAt(DECLARATION, token, 0)?.[0] !== token)
      throw this.#fault('a malformed XML declaration');
  }

  #declaration(text: string, start: number, final: boolean): number | undefined {
    if (text.startsWith(COMMENT, start)) return this.#comment(text, start);
    if (text.startsWith(CDATA, start)) return this.#cdata(text, start);
    if (text.startsWith(DOCTYPE, start)) return this.#doctype(text, start, final);
    const rest = text.slice(start, start + CDATA.length);
    if ([COMMENT, CDATA, DOCTYPE].some((opening) => opening.startsWith(rest))) return undefined;
    throw this.#fault('"<!" begins neither a comment nor a CDATA section nor a document type');
  }

  #comment(text: string, start: number): number | undefined {
    const dashes = text.indexOf('--', start + COMMENT.length);
    if (dashes < 0 || dashes + 2 >= text.length) return undefined;
    this.#check(text.slice(start, dashes), CHARACTER_FAULT);
    if (text.charAt(dashes + 2) !== '>') throw this.#fault('"--" inside a comment');
    this.#atStart = false;
    return dashes + 3;
  }

  #cdata(text: string, start: number): number | undefined {
    const end = text.indexOf(']]>', start + CDATA.length) + 3;
    if (end === 2) return undefined;
    const token = text.slice(start, end);
    this.#check(token, CHARACTER_FAULT);
    if (this.#open.length === 0) throw this.#fault('a CDATA section outside of the root element');
    this.#tokens.markup(token);
    return end;
  }

  #doctype(text: string, start: number, final: boolean): number | undefined {
    if (this.#sawRoot || this.#sawDoctype)
      throw this.#fault('a document type behind the root element, or a second one');
    const doctype = this.#placed(() => readDoctype(text, start, final));
    if (doctype === undefined) return undefined;
    this.#sawDoctype = true;
    this.#atStart = false;
    this.#declarations = doctype.declarations;
    return doctype.end;
  }

  /** Refuses the token if the pattern finds something in it; says what and where. */
  #check(token: string, fault: RegExp, from = 0): void {
    const found = fault.exec(from === 0 ? token : token.slice(from));
    if (found === null) return;
    this.#advance(token, 0, from + found.index);
    const [what] = found;
    if (what === '<') throw this.#fault('"<" in an attribute value; write &lt; for it');
    if (what === ']]>') throw this.#fault('"]]>" in text; write ]]&gt; for it');
    if (what === '&') {
      const reference = /^&[^\s;&<"']{0,40};/.exec(token.slice(from + found.index))?.[0];
      throw this.#fault(
        reference === undefined
          ? '"&" that begins no reference; write &amp; for it'
          : `the reference ${reference} is not one of XML's own`,
      );
    }
    const code = what.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    throw this.#fault(`the character U+${code} is not allowed in XML`);
  }

  #placed<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (error instanceof GatewayError) throw this.#fault(error.message, error.code);
      throw error;
    }
  }

  #fault(message: string, code: ErrorCode = 'malformed-xml'): GatewayError {
    return new GatewayError(code, message, { position: this.position });
  }

  /** Moves the position from the token's begin to its end; never looks beyond it. */
  #advance(text: string, from: number, to: number): void {
    let lineStart = -1;
    for (let i = from; i < to; i++) {
      if (text.charCodeAt(i) !== LINE_FEED) continue;
      this.#line++;
      lineStart = i + 1;
    }
    this.#column = lineStart < 0 ? this.#column + to - from : to - lineStart + 1;
  }
}

/** The index of the line feed that ends the line of `from`; infinite if there is none. */
function endOfLine(text: string, from: number): number {
  const index = text.indexOf('\n', from);
  return index < 0 ? Infinity : index;
}
