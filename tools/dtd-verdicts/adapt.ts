/** Documents of one dialect as another has them. */
import type { Dialect } from './dialects.ts';
import { named } from './parse.ts';
import { elementsOf, places, text, type Element, type Node, type Tree } from './tree.ts';

/** The same with another namespace, whether that makes sense or not. */
export function inNamespace(tree: Tree, { namespace }: Dialect): Tree {
  const copy = structuredClone(tree);
  const own = tree.root.namespace;
  for (const { element } of places(copy.root))
    if (element.namespace === own) element.namespace = namespace;
  return copy;
}

/** What RFC 4765 has added since the 2004 draft is put in the draft's words or left out. */
export function asDraft(tree: Tree, draft: Dialect): Tree {
  const copy = inNamespace(tree, draft);
  for (const { element } of places(copy.root)) {
    element.attributes = element.attributes.filter(({ name }) => !LATER.has(name));
    element.children = element.children.filter(
      (child) => child.kind !== 'element' || !LATER.has(child.name),
    );
    CHANGES[element.name]?.(element);
  }
  return copy;
}

const LATER = new Set(['tty', 'file-type', 'HeartbeatInterval', 'Checksum', 'SNMPService']);

const CHANGES: Readonly<Record<string, (element: Element) => void>> = {
  AdditionalData(element) {
    for (const attribute of element.attributes)
      if (attribute.name === 'type')
        attribute.value =
          { xmltext: 'xml', 'byte-string': 'string' }[attribute.value] ?? attribute.value;
    element.children = element.children.flatMap((child) =>
      child.kind === 'element' ? child.children.filter(({ kind }) => kind !== 'element') : [child],
    );
  },
  Target(element) {
    const files = elementsOf(element).filter(({ name }) => name === 'File');
    if (files.length === 0) return;
    const list = named(element.namespace, 'FileList');
    list.children = files;
    const rest: Node[] = element.children.filter(
      (child) => child.kind !== 'element' || child.name !== 'File',
    );
    element.children = [...rest, list];
  },
  Permission(element) {
    element.name = 'permission';
    element.children = element.attributes.map(({ value }) => text(value));
    element.attributes = [];
  },
};
