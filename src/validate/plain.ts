/**
 * A document as a document type definition has to see it: IDMEF's elements without prefixes, no
 * namespace declarations, and every foreign name as one that no definition declares.
 *
 *   events of the reader → PlainDocument → XML for libxml2, and the elements to look up its lines
 *
 * The n-th element, counted from 0, is the one whose start tag ends on line n + 2: the only line feeds
 * are those inside start tags. Text is left out where any is allowed. Elsewhere one character stands
 * for it, because a definition sees only whether there is any. The value of an attribute is left out
 * where any is allowed. So documents that are alike but for such values and texts have one source.
 */
import type { Attribute, Element } from '../xml/canonical.ts';
import { quote, trim } from '../idmef/text.ts';
import type { Dtd, ElementDeclaration } from './dtd.ts';

const FIRST_LINE = 2;
/** a name that no definition declares */
export const FOREIGN = '_';

/** One element, with what the description of a violation needs. */
export interface PlainElement {
  readonly element: Element;
  /** as the definition sees it */
  readonly name: string;
  readonly declaration: ElementDeclaration | undefined;
  /** in the sender's document, from 1 */
  readonly line: number;
  readonly parent: PlainElement | undefined;
  readonly children: PlainElement[];
  /** its first text, quoted and cut, where none is allowed; '' if there is none */
  text: string;
  /** It has something that is neither an element nor text. */
  isBlank: boolean;
}

/** Builds the document. Elements are opened and closed as in any well-formed document. */
export class PlainDocument {
  readonly #namespace: string;
  readonly #dtd: Dtd;
  readonly #elements: PlainElement[] = [];
  #source = '';
  #top: PlainElement | undefined;
  #depth = 0;
  #attributes = 0;

  /** @param namespace whose elements are IDMEF's */
  constructor(namespace: string, dtd: Dtd) {
    this.#namespace = namespace;
    this.#dtd = dtd;
  }

  /** How many elements it has. */
  get elements(): number {
    return this.#elements.length;
  }

  /** How many attributes they have. */
  get attributes(): number {
    return this.#attributes;
  }

  /** How many elements are open. */
  get depth(): number {
    return this.#depth;
  }

  get root(): PlainElement | undefined {
    return this.#elements[0];
  }

  /** @param line of the element's start tag in the sender's document */
  open(element: Element, line: number): void {
    const name = element.uri === this.#namespace ? element.local : FOREIGN;
    const declaration = this.#dtd.get(name);
    const parent = this.#top;
    const children: PlainElement[] = [];
    this.#top = { element, name, declaration, line, parent, children, text: '', isBlank: false };
    parent?.children.push(this.#top);
    this.#elements.push(this.#top);
    this.#depth++;
    this.#source += startTag(name, element.attributes, declaration);
    this.#attributes += element.attributes.length;
  }

  /** @param text a piece, with references resolved */
  text(text: string): void {
    const top = this.#top;
    if (top?.text !== '' || allowsText(top)) return;
    if (NOT_BLANK.test(text)) this.#mark(top, 'x', quote(trim(text.slice(0, TEXT_LOOKED_AT))));
    else top.isBlank = true;
  }

  /** A CDATA section; its text comes with `text`. Between elements none is allowed, even if blank. */
  cdata(): void {
    const top = this.#top;
    if (top?.text === '' && !allowsText(top)) this.#mark(top, '<![CDATA[ ]]>', 'a CDATA section');
  }

  /** A comment or a processing instruction. An element that is declared EMPTY has none. */
  aside(): void {
    if (this.#top !== undefined) this.#top.isBlank = true;
  }

  close(): void {
    const top = this.#top;
    if (top === undefined) return;
    const mark = top.isBlank && top.declaration?.content === 'EMPTY' ? ' ' : '';
    this.#source += `${mark}</${top.name}>`;
    this.#top = top.parent;
    this.#depth--;
  }

  /** The document, when all its elements are closed. */
  get source(): string {
    return this.#source;
  }

  /** The element whose start tag ends on the line of the document. */
  atLine(line: number): PlainElement | undefined {
    return this.#elements[line - FIRST_LINE];
  }

  #mark(top: PlainElement, mark: string, text: string): void {
    this.#source += mark;
    top.text = text;
  }
}

/** XML's white space is all that may be between elements. */
const NOT_BLANK = /[^ \t\r\n]/;
/** characters of a text, white space included, that a description may quote from */
const TEXT_LOOKED_AT = 1000;

function allowsText({ declaration }: PlainElement): boolean {
  const content = declaration?.content;
  return content === undefined || content === 'text' || content === 'ANY';
}

function startTag(
  name: string,
  attributes: readonly Attribute[],
  declaration: ElementDeclaration | undefined,
): string {
  let tag = `<${name}\n`;
  let index = 0;
  for (const { prefix, local, value } of attributes) {
    const attribute = plainName(prefix, local, index++);
    const written = declaration?.restricted.has(attribute) === true ? escapeValue(value) : '';
    tag += ` ${attribute}="${written}"`;
  }
  return `${tag}>`;
}

/**
 * An attribute's name as the definition sees it: of those with a prefix the definitions declare
 * xml:lang and xml:space only. The index makes a foreign name the only one in its element.
 */
function plainName(prefix: string, local: string, index: number): string {
  if (isXmlAttribute(prefix, local)) return `xml:${local}`;
  return prefix === '' && !local.startsWith(FOREIGN) ? local : `${FOREIGN}${index}`;
}

/** Whether the attribute is xml:lang or xml:space. */
export const isXmlAttribute = (prefix: string, local: string): boolean =>
  prefix === 'xml' && (local === 'lang' || local === 'space');

const SPECIAL = /[&<"\t\n\r]/g;

function escapeValue(value: string): string {
  return value.replace(SPECIAL, (character) => `&#${character.charCodeAt(0)};`);
}
