import { dialectOf } from './dialects.ts';
import { XML_NAMESPACE, type Attribute, type Element, type Node, type Tree } from './tree.ts';

/** How the names of IDMEF's elements are written. */
export interface Style {
  /** '' is the default namespace */
  readonly prefix: string;
  /** declare the namespace on every element, not on the root only */
  readonly everywhere: boolean;
}

/** The namespace is the default one, declared once. */
export const PLAIN: Style = { prefix: '', everywhere: false };

/** The document with its namespaces. */
export function write({ doctype, root }: Tree, style: Style): string {
  return doctype + new Writer(root.namespace, style).element(root, new Map([['', '']]));
}

/**
 * The document without any namespaces, as a document type definition has to get it: no prefixes, no
 * declarations; what is not IDMEF's gets a name that is not declared.
 */
export function writeBare({ doctype, root }: Tree): string {
  return doctype + bareElement(root, dialectOf(root.namespace).namespace);
}

type Scope = ReadonlyMap<string, string>;

class Writer {
  readonly #namespace: string;
  readonly #style: Style;

  constructor(namespace: string, style: Style) {
    this.#namespace = namespace;
    this.#style = namespace === '' ? { ...style, prefix: '' } : style;
  }

  element(element: Element, outer: Scope): string {
    const scope = new Map(outer);
    const declared = new Map(element.declarations);
    for (const [prefix, namespace] of declared) scope.set(prefix, namespace);
    const declare = (prefix: string, namespace: string): void => {
      if (scope.get(prefix) === namespace && !this.#always(prefix, namespace)) return;
      scope.set(prefix, namespace);
      declared.set(prefix, namespace);
    };
    const name = qualified(this.#prefix(element.namespace, declare), element.name);
    const attributes = element.attributes.map(({ namespace, name: local, value }, index) => {
      const prefix = this.#attributePrefix(namespace, index, declare);
      return ` ${qualified(prefix, local)}="${value}"`;
    });
    const declarations = [...declared].map(
      ([prefix, namespace]) => ` ${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}="${namespace}"`,
    );
    const content = element.children.map((child) =>
      child.kind === 'element' ? this.element(child, scope) : child.source,
    );
    return tag(name, [...declarations, ...attributes], content);
  }

  #always(prefix: string, namespace: string): boolean {
    return (
      this.#style.everywhere &&
      prefix === this.#style.prefix &&
      namespace === this.#namespace &&
      namespace !== ''
    );
  }

  #prefix(namespace: string, declare: (prefix: string, namespace: string) => void): string {
    const prefix =
      namespace === '' ? '' : namespace === this.#namespace ? this.#style.prefix : 'other';
    declare(prefix, namespace);
    return prefix;
  }

  #attributePrefix(
    namespace: string,
    index: number,
    declare: (prefix: string, namespace: string) => void,
  ): string {
    if (namespace === '') return '';
    if (namespace === XML_NAMESPACE) return 'xml';
    const prefix = `a${index}`;
    declare(prefix, namespace);
    return prefix;
  }
}

function qualified(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}:${name}`;
}

function tag(name: string, attributes: string[], content: string[]): string {
  const inner = content.join('');
  const begin = `<${name}${attributes.join('')}`;
  return inner === '' ? `${begin}/>` : `${begin}>${inner}</${name}>`;
}

function bareElement(element: Element, own: string): string {
  const name = element.namespace === own ? element.name : `foreign-${element.name}`;
  const content = element.children.map((child: Node) =>
    child.kind === 'element' ? bareElement(child, own) : child.source,
  );
  return tag(name, element.attributes.map(bareAttribute), content);
}

function bareAttribute({ namespace, name, value }: Attribute, index: number): string {
  if (namespace === '') return ` ${name}="${value}"`;
  const bare = namespace === XML_NAMESPACE ? `xml:${name}` : `foreign-${index}-${name}`;
  return ` ${bare}="${value}"`;
}
