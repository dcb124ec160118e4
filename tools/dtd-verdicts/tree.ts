/** A document that can be changed: names are resolved, everything else stays as it was written. */

export interface Attribute {
  namespace: string;
  name: string;
  /** as written, with its references */
  value: string;
}

export interface Element {
  kind: 'element';
  namespace: string;
  name: string;
  attributes: Attribute[];
  /** namespaces that are declared here though nobody needs them: prefix, or '' for the default, and name */
  declarations: [string, string][];
  children: Node[];
}

/** What is not an element, as written. */
export interface Other {
  kind: 'text' | 'cdata' | 'comment' | 'instruction';
  source: string;
}

export type Node = Element | Other;

export interface Tree {
  /** '' if there is none */
  doctype: string;
  root: Element;
}

/** An element and where it stands. */
export interface Place {
  element: Element;
  /** undefined for the root */
  parent: Element | undefined;
}

export const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';

/** Something without markup in it. */
export function text(source: string): Other {
  return { kind: 'text', source };
}

/** An element and all within it, in document order. */
export function places(element: Element, parent?: Element): Place[] {
  return [{ element, parent }, ...elementsOf(element).flatMap((child) => places(child, element))];
}

/** The children that are elements. */
export function elementsOf(element: Element): Element[] {
  return element.children.filter((child) => child.kind === 'element');
}
