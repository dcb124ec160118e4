/**
 * What a document type definition cannot see past or does not say, taken out of a document step by
 * step, each with its name.
 */
import { isBlank, places, XML_NAMESPACE, type Element, type Tree } from './tree.ts';
import { write, writeBare, type Style } from './write.ts';

interface Step {
  readonly reason: string;
  /** from the document as it is */
  readonly write: (tree: Tree, style: Style) => string;
}

/** Each does what those before it do, too. */
export const STEPS: readonly Step[] = [
  {
    reason: 'prefixes: the DTD knows none',
    write: (tree, style) => write(tree, { ...style, prefix: '' }),
  },
  {
    reason:
      'xmlns attributes: the DTD allows its own two only, and none on Classification and Reference',
    write: (tree) => writeBare(tree),
  },
  {
    reason: 'root element: a DTD that is given by --dtdvalid allows every element as the root',
    write: (tree) => writeBare(withRoot(structuredClone(tree))),
  },
  {
    reason: 'CDATA section of white space between elements: the DTD allows none',
    write: (tree) => writeBare(withoutBlankCdata(withRoot(structuredClone(tree)))),
  },
  {
    reason: 'white space, a comment or an instruction in an EMPTY element: the DTD allows none',
    write: (tree) =>
      writeBare(withEmptyPermissions(withoutBlankCdata(withRoot(structuredClone(tree))))),
  },
  {
    reason:
      'xml:lang with letters beyond ASCII: XML (2.3) allows them in an NMTOKEN, xmllint does not',
    write: normalised,
  },
];

/** The document as the DTD has to get it. */
export function normalised(tree: Tree): string {
  const copy = structuredClone(tree);
  return writeBare(withAsciiLanguages(withEmptyPermissions(withoutBlankCdata(withRoot(copy)))));
}

/** A root of another name gets one that is not declared. */
function withRoot(tree: Tree): Tree {
  if (tree.root.name !== 'IDMEF-Message') tree.root.name = `not-${tree.root.name}`;
  return tree;
}

function withoutBlankCdata(tree: Tree): Tree {
  for (const { element } of places(tree.root))
    element.children = element.children.map((child) =>
      child.kind === 'cdata' && isBlank(child)
        ? { kind: 'text', source: child.source.slice(9, -3) }
        : child,
    );
  return tree;
}

/** Permission is the one element that is declared EMPTY. */
function withEmptyPermissions(tree: Tree): Tree {
  const isEmpty = ({ name, children }: Element): boolean =>
    name === 'Permission' && children.every(isBlank);
  for (const { element } of places(tree.root)) if (isEmpty(element)) element.children = [];
  return tree;
}

function withAsciiLanguages(tree: Tree): Tree {
  for (const { element } of places(tree.root))
    for (const attribute of element.attributes)
      if (attribute.namespace === XML_NAMESPACE && attribute.name === 'lang')
        attribute.value = attribute.value.replace(/\p{L}/gu, 'x');
  return tree;
}
