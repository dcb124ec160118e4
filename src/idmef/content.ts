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

/** An element's name, attributes and namespace declarations. */
export interface Element {
  readonly uri: string;
  readonly local: string;
  readonly prefix: string;
  /** without the namespace declarations */
  readonly attributes: readonly Attribute[];
  /** declared here: prefix ('' is the default) → URI ('' undoes it) */
  readonly declarations: ReadonlyMap<string, string>;
}

/** A piece of content: text, an element, or a processing instruction. */
export type Node =
  | string
  | { readonly element: Element; readonly children: Node[] }
  | { readonly target: string; readonly data: string };

type Scope = ReadonlyMap<string, string>;

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

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The declarations that have to be written at this element: visibly used and not yet written. */
function neededDeclarations(element: Element, scope: Scope, written: Scope): Map<string, string> {
  const used = new Set([element.prefix, ...element.attributes.map(({ prefix }) => prefix)]);
  // an attribute without prefix has no namespace; the element's own prefix counts even if empty
  const needed = new Map<string, string>();
  for (const prefix of [...used].sort(compare)) {
    if (prefix === 'xml' || (prefix === '' && element.prefix !== '')) continue;
    const uri = scope.get(prefix) ?? '';
    if ((written.get(prefix) ?? '') !== uri) needed.set(prefix, uri);
  }
  return needed;
}

function canonicalElement(
  element: Element,
  children: readonly Node[],
  outer: Scope,
  above: Scope,
): string {
  const scope =
    element.declarations.size === 0 ? outer : new Map([...outer, ...element.declarations]);
  const needed = neededDeclarations(element, scope, above);
  const written = needed.size === 0 ? above : new Map([...above, ...needed]);
  const declarations = [...needed].map(
    ([prefix, uri]) => ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeValue(uri)}"`,
  );
  const attributes = [...element.attributes]
    .sort((a, b) => compare(a.uri, b.uri) || compare(a.local, b.local))
    .map(({ prefix, local, value }) => ` ${qualified(prefix, local)}="${escapeValue(value)}"`);
  const name = qualified(element.prefix, element.local);
  const content = canonical(children, scope, written);
  return `<${name}${declarations.join('')}${attributes.join('')}>${content}</${name}>`;
}

/**
 * The canonical form of some content.
 * @param scope the namespace declarations in force around it
 * @param written those that its output already has
 */
export function canonical(
  nodes: readonly Node[],
  scope: Scope,
  written: Scope = new Map(),
): string {
  return nodes
    .map((node) => {
      if (typeof node === 'string') return escapeText(node);
      if ('element' in node) return canonicalElement(node.element, node.children, scope, written);
      return `<?${node.target}${node.data === '' ? '' : ` ${node.data}`}?>`;
    })
    .join('');
}
