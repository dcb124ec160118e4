/**
 * RELAX NG files as nodes. Reads what the grammars in conf/ use of RELAX NG and refuses the rest by
 * name, rather than to misunderstand it.
 */
import { reason } from '../../errors.ts';
import { Parser } from '../../xml/parser.ts';

export const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const RELAX_NG = 'http://relaxng.org/ns/structure/1.0';
const DATATYPES = 'http://www.w3.org/2001/XMLSchema-datatypes';

/** An element of a grammar file. */
export interface Node {
  readonly file: string;
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Node[];
  text: string;
}

/** The elements that are understood, with their attributes. */
const UNDERSTOOD: Readonly<Record<string, readonly string[]>> = {
  grammar: ['xmlns', 'datatypeLibrary'],
  start: ['combine'],
  define: ['name', 'combine'],
  include: ['href'],
  externalRef: ['href', 'ns'],
  ref: ['name'],
  element: ['name', 'ns'],
  attribute: ['name'],
  choice: [],
  group: [],
  optional: [],
  zeroOrMore: [],
  oneOrMore: [],
  text: [],
  empty: [],
  notAllowed: [],
  value: ['type'],
  data: ['type'],
  param: ['name'],
};

export function fault({ file }: Pick<Node, 'file'>, what: string): Error {
  return new Error(`${file}: ${what}`);
}

export function notUnderstood(node: Node): Error {
  return fault(node, `<${node.name}> is not understood there`);
}

function checkNode(node: Node): void {
  const known = Object.hasOwn(UNDERSTOOD, node.name) ? UNDERSTOOD[node.name] : undefined;
  if (known === undefined) throw fault(node, `<${node.name}> is not understood`);
  for (const name of node.attributes.keys())
    if (!known.includes(name)) throw fault(node, `${name} of <${node.name}> is not understood`);
  if (node.text.trim() !== '' && node.name !== 'value' && node.name !== 'param')
    throw fault(node, `text in <${node.name}>`);
  const { attributes } = node;
  if (node.name === 'grammar' && attributes.get('xmlns') !== RELAX_NG)
    throw fault(node, 'the grammar is not one of RELAX NG');
  if ((attributes.get('datatypeLibrary') ?? DATATYPES) !== DATATYPES)
    throw fault(node, `datatypeLibrary ${attributes.get('datatypeLibrary') ?? ''}`);
}

/** A file as a tree, every node of which is understood. */
export function readFile(file: string, source: string): Node {
  const document: Node = { file, name: '', attributes: new Map(), children: [], text: '' };
  const open = [document];
  const parser = new Parser(() => ({
    open: ({ uri, local, prefix, attributes }) => {
      const map = new Map(attributes.map(({ local: name, value }) => [name, value]));
      if (open.length === 1) map.set('xmlns', uri);
      const name = prefix === '' ? local : `${prefix}:${local}`;
      const node: Node = { file, name, attributes: map, children: [], text: '' };
      open.at(-1)?.children.push(node);
      open.push(node);
    },
    text: (text) => {
      const node = open.at(-1);
      if (node !== undefined) node.text += text;
    },
    instruction: () => undefined,
    close: () => {
      const node = open.pop();
      if (node !== undefined) checkNode(node);
    },
  }));
  try {
    parser.write(source).write(null);
  } catch (error) {
    throw fault(document, reason(error));
  }
  const [grammar] = document.children;
  if (grammar?.name !== 'grammar' || open.length > 1) throw fault(document, 'no <grammar>');
  return grammar;
}
