/** A document before it is written as text. */

/** An element of IDMEF, whose prefix is the writer's choice, or one that brings its own name along. */
export interface XmlElement {
  readonly kind: 'idmef' | 'foreign';
  /** without a prefix for IDMEF; with it, if any, for others */
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlNode[];
  /** the children are elements: white space, order and foreign elements between them do not matter */
  readonly loose: boolean;
}

export type XmlAttribute = readonly [name: string, value: string];

export type XmlNode = XmlElement | string;

/** An element whose content is a text. */
export function leaf(
  name: string,
  text: string,
  attributes: readonly XmlAttribute[] = [],
): XmlElement {
  return {
    kind: 'idmef',
    name,
    attributes,
    children: text === '' ? [] : [text],
    loose: false,
  };
}
