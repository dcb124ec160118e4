import { XML_NAMESPACE, type Attribute, type Element, type Node, type Tree } from './tree.ts';

const TOKEN =
  /(?<comment><!--.*?-->)|(?<cdata><!\[CDATA\[.*?\]\]>)|(?<instruction><\?.*?\?>)|(?<doctype><!DOCTYPE(?:[^[>"']|"[^"]*"|'[^']*')*(?:\[(?:<!--.*?-->|"[^"]*"|'[^']*'|[^\]"'])*\]\s*)?>)|<\/(?<end>[^\s>]+)\s*>|<(?<start>[^\s/>]+)(?<attributes>(?:[^"'>]|"[^"]*"|'[^']*')*?)(?<closed>\/?)>|(?<text>[^<]+)/gsy;
const ATTRIBUTE = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

type Scope = ReadonlyMap<string, string>;

interface Open {
  element: Element;
  scope: Scope;
}

/** Reads a document of which xmllint has said that it is well-formed. */
export function parse(source: string): Tree {
  const top: Element = named('', 'top');
  const open: Open[] = [{ element: top, scope: new Map([['xml', XML_NAMESPACE]]) }];
  let doctype = '';
  for (const { groups = {} } of source.replace(/^\ufeff/, '').matchAll(TOKEN)) {
    const parent = open.at(-1);
    if (parent === undefined) throw new Error('a tag too many');
    const other = otherOf(groups);
    if (groups['start'] !== undefined) {
      const child = start(groups['start'], groups['attributes'] ?? '', parent.scope);
      parent.element.children.push(child.element);
      if (groups['closed'] !== '/') open.push(child);
    } else if (groups['end'] !== undefined) open.pop();
    else if (groups['doctype'] !== undefined) doctype = groups['doctype'];
    else if (other !== undefined && open.length > 1) parent.element.children.push(other);
  }
  const root = top.children[0];
  if (root?.kind !== 'element' || open.length !== 1) throw new Error('not understood');
  return { doctype, root };
}

/** A new element without anything in it. */
export function named(namespace: string, name: string): Element {
  return { kind: 'element', namespace, name, attributes: [], declarations: [], children: [] };
}

function otherOf(groups: Record<string, string | undefined>): Node | undefined {
  for (const kind of ['text', 'cdata', 'comment', 'instruction'] as const) {
    const source = groups[kind];
    if (source !== undefined) return { kind, source };
  }
  return undefined;
}

function start(qname: string, source: string, outer: Scope): Open {
  const all = [...source.matchAll(ATTRIBUTE)].map(([, name = '', double, single]) => ({
    name,
    value: double ?? (single ?? '').replaceAll('"', '&quot;'),
  }));
  const scope = new Map(outer);
  for (const { name, value } of all) {
    const prefix = /^xmlns(?::(.+))?$/.exec(name);
    if (prefix !== null) scope.set(prefix[1] ?? '', value);
  }
  const [prefix, name] = split(qname);
  const element = named(resolve(prefix, scope), name);
  element.attributes = all
    .filter((attribute) => !/^xmlns(?::|$)/.test(attribute.name))
    .map((attribute): Attribute => {
      const [own, local] = split(attribute.name);
      return {
        namespace: own === '' ? '' : resolve(own, scope),
        name: local,
        value: attribute.value,
      };
    });
  return { element, scope };
}

function split(qname: string): [prefix: string, name: string] {
  const colon = qname.indexOf(':');
  return colon === -1 ? ['', qname] : [qname.slice(0, colon), qname.slice(colon + 1)];
}

function resolve(prefix: string, scope: Scope): string {
  const namespace = scope.get(prefix);
  if (namespace === undefined && prefix !== '') throw new Error(`no namespace for ${prefix}`);
  return namespace ?? '';
}
