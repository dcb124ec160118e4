/**
 * The content of AdditionalData of type xml: Exclusive XML Canonicalization 1.0 without comments,
 * so that the text can be parsed on its own.
 */

export interface Attribute {
  readonly uri: string;
  readonly local: string;
  readonly prefix: string;
  readonly value: string;
}

/** An element's name and attributes. */
export interface Element {
  readonly uri: string;
  readonly local: string;
  readonly prefix: string;
  /** without the namespace declarations */
  readonly attributes: readonly Attribute[];
}

/** A piece of content: text, an element, or a processing instruction. */
export type Node =
  | string
  | { readonly element: Element; readonly children: Node[] }
  | { readonly target: string; readonly data: string };

function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#xD;');
}

function escapeValue(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\t', '&#x9;')
    .replaceAll('\n', '&#xA;')
    .replaceAll('\r', '&#xD;');
}

const qualified = (prefix: string, local: string): string =>
  prefix === '' ? local : `${prefix}:${local}`;

/** Surrogates stand for characters behind all others. */
const rank = (unit: number): number => ((unit & 0xf800) === 0xd800 ? unit + 0x10000 : unit);

/** In the order of code points, which is not that of UTF-16. */
function compare(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Prefix → namespace, as the output has declared them at one place. */
type Written = Map<string, string>;

/** The declarations that have to be written at this element: visibly used and not yet written. */
function neededDeclarations({ prefix, uri, attributes }: Element, written: Written): Written {
  const used = new Map([[prefix, uri]]);
  // an attribute without a prefix has no namespace
  for (const attribute of attributes)
    if (attribute.prefix !== '') used.set(attribute.prefix, attribute.uri);
  used.delete('xml');
  const needed = [...used].filter(([name, meant]) => (written.get(name) ?? '') !== meant);
  return new Map(needed.sort(([a], [b]) => compare(a, b)));
}

/** Adds declarations; gives what undoes it. */
function declare(written: Written, added: Written): () => void {
  const before = [...added.keys()].map((prefix) => [prefix, written.get(prefix) ?? ''] as const);
  for (const [prefix, uri] of added) written.set(prefix, uri);
  return () => {
    for (const [prefix, uri] of before) written.set(prefix, uri);
  };
}

function canonicalElement(element: Element, children: readonly Node[], written: Written): string {
  const needed = neededDeclarations(element, written);
  const declarations = [...needed].map(
    ([prefix, uri]) => ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeValue(uri)}"`,
  );
  const attributes = [...element.attributes]
    .sort((a, b) => compare(a.uri, b.uri) || compare(a.local, b.local))
    .map(({ prefix, local, value }) => ` ${qualified(prefix, local)}="${escapeValue(value)}"`);
  const name = qualified(element.prefix, element.local);
  const undo = declare(written, needed);
  const content = canonicalNodes(children, written);
  undo();
  return `<${name}${declarations.join('')}${attributes.join('')}>${content}</${name}>`;
}

function canonicalNodes(nodes: readonly Node[], written: Written): string {
  return nodes
    .map((node) => {
      if (typeof node === 'string') return escapeText(node);
      if ('element' in node) return canonicalElement(node.element, node.children, written);
      return `<?${node.target}${node.data === '' ? '' : ` ${node.data}`}?>`;
    })
    .join('');
}

/** The canonical form of some content. */
export function canonical(nodes: readonly Node[]): string {
  return canonicalNodes(nodes, new Map());
}
