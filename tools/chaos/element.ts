/** Elements of IDMEF documents: written as XML, read from XML, and in one form for comparing. */
import { createHash } from 'node:crypto';

/** An element of a document. */
export interface Element {
  readonly name: string;
  readonly attributes: readonly (readonly [name: string, value: string])[];
  /** its own character data, without white space at both ends */
  readonly text: string;
  readonly children: readonly Element[];
}

/** Makes an element; its content is text or children. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  content: string | readonly Element[] = [],
): Element {
  const text = typeof content === 'string' ? content : '';
  const children = typeof content === 'string' ? [] : content;
  return { name, attributes: Object.entries(attributes), text, children };
}

/** Writes an element as XML. */
export function toXml({ name, attributes, text, children }: Element): string {
  const inTag = attributes.map(([key, value]) => ` ${key}="${escape(value)}"`).join('');
  const inside = escape(text) + children.map(toXml).join('');
  return `<${name}${inTag}>${inside}</${name}>`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const TOKEN = /<(\/?)([\w:-]+)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>|([^<]+)/gy;
const ATTRIBUTE = /([\w:-]+)="([^"]*)"/g;
const ENTITIES: Partial<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  amp: '&',
};

interface OpenElement {
  name: string;
  attributes: [string, string][];
  text: string;
  children: Element[];
}

/**
 * Reads the one element of a text, as xmlmod writes it: no comments, CDATA sections or
 * instructions.
 * @returns undefined if the text is anything else, such as half a document
 */
export function parseElement(xml: string): Element | undefined {
  const top: OpenElement = { name: '', attributes: [], text: '', children: [] };
  const open = [top];
  TOKEN.lastIndex = 0;
  for (let end = 0; end < xml.length; end = TOKEN.lastIndex) {
    const token = TOKEN.exec(xml);
    const current = open.at(-1);
    if (token === null || current === undefined) return undefined;
    const [, closing, name = '', attributes = '', empty, text = ''] = token;
    if (name === '') {
      current.text += unescape(text);
    } else if (closing === '/') {
      if (current.name !== name || open.length === 1) return undefined;
      open.pop();
      open.at(-1)?.children.push({ ...current, text: current.text.trim() });
    } else {
      const opened = { name, attributes: parseAttributes(attributes), text: '', children: [] };
      if (empty === '/') current.children.push(opened);
      else open.push(opened);
    }
  }
  return open.length === 1 && top.children.length === 1 ? top.children[0] : undefined;
}

function parseAttributes(text: string): [string, string][] {
  return [...text.matchAll(ATTRIBUTE)].map(([, name = '', value = '']) => [name, unescape(value)]);
}

function unescape(text: string): string {
  return text.replace(/&(#?\w+);/g, (reference, code: string) => {
    if (code.startsWith('#x')) return String.fromCodePoint(parseInt(code.slice(2), 16));
    if (code.startsWith('#')) return String.fromCodePoint(Number(code.slice(1)));
    return ENTITIES[code] ?? reference;
  });
}

/** A digest of an element: equal for two elements only if every name, attribute and text is equal. */
export function digest(root: Element): string {
  return createHash('sha1').update(canonical(root)).digest('base64');
}

function canonical({ name, attributes, text, children }: Element): string {
  const sorted = [...attributes].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([name, sorted, text, children.map(canonical)]);
}
