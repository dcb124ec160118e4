/**
 * The RELAX NG grammars in conf/ as patterns that can be asked what may come next.
 *
 * Reads what those grammars use of RELAX NG and refuses the rest by name, rather than to
 * misunderstand it.
 */
import sax, { type Attribute } from 'sax';
import { NMTOKEN } from './names.ts';
import { splitName } from './namespaces.ts';

/** A name with its namespace. */
export interface Name {
  readonly uri: string;
  readonly local: string;
}

/** The same for names that are the same; no name and no namespace has a space in it. */
export const nameKey = ({ uri, local }: Name): string => `${local} ${uri}`;

/** What an attribute's value has to be. */
export type Value =
  | { readonly kind: 'any' }
  | { readonly kind: 'one-of'; readonly values: readonly string[] }
  | { readonly kind: 'token'; readonly test: RegExp };

/** An attribute that an element may or has to have. */
export interface AttributeRule {
  readonly name: Name;
  readonly value: Value;
  readonly required: boolean;
}

/** What an element may have: attributes, and a content that has none any more. */
export interface Model {
  readonly attributes: readonly AttributeRule[];
  readonly content: Pattern;
}

/** An element; elements of the same name in different namespaces are different ones. */
export interface ElementPattern {
  readonly kind: 'element';
  readonly key: string;
  readonly name: Name;
  /** a function since an element may have itself in it */
  readonly model: () => Model;
}

interface AttributePattern {
  readonly kind: 'attribute';
  readonly key: string;
  readonly name: Name;
  readonly value: Value;
}

/** Patterns with the same key are the same. */
export type Pattern =
  | { readonly kind: 'empty' | 'notAllowed' | 'text'; readonly key: string }
  | { readonly kind: 'choice'; readonly key: string; readonly parts: readonly Pattern[] }
  | {
      readonly kind: 'group';
      readonly key: string;
      readonly first: Pattern;
      readonly second: Pattern;
    }
  | { readonly kind: 'oneOrMore'; readonly key: string; readonly part: Pattern }
  | AttributePattern
  | ElementPattern;

/** What may come next in a pattern, and what may come then. */
export interface Step {
  /** undefined for text */
  readonly element: ElementPattern | undefined;
  readonly then: Pattern;
}

/** What was read of a grammar. */
export interface Grammar {
  readonly start: Pattern;
  /** all that can be reached from the start */
  readonly elements: readonly ElementPattern[];
}

const EMPTY: Pattern = { kind: 'empty', key: '()' };
const NOT_ALLOWED: Pattern = { kind: 'notAllowed', key: '!' };
const TEXT: Pattern = { kind: 'text', key: 'text' };

/** One of them. */
export function choice(parts: readonly Pattern[]): Pattern {
  const flat = parts.flatMap((part) => (part.kind === 'choice' ? part.parts : [part]));
  const distinct = new Map(
    flat.filter(({ kind }) => kind !== 'notAllowed').map((part) => [part.key, part]),
  );
  const [only = NOT_ALLOWED] = distinct.values();
  if (distinct.size < 2) return only;
  return {
    kind: 'choice',
    key: `(${[...distinct.keys()].join('|')})`,
    parts: [...distinct.values()],
  };
}

/** One behind the other. */
function group(first: Pattern, second: Pattern): Pattern {
  if (first.kind === 'empty' || second.kind === 'notAllowed') return second;
  if (second.kind === 'empty' || first.kind === 'notAllowed') return first;
  if (first.kind === 'group') return group(first.first, group(first.second, second));
  return { kind: 'group', key: `(${first.key},${second.key})`, first, second };
}

function oneOrMore(part: Pattern): Pattern {
  if (part.kind === 'empty' || part.kind === 'notAllowed' || part.kind === 'oneOrMore') return part;
  return { kind: 'oneOrMore', key: `${part.key}+`, part };
}

const optional = (part: Pattern): Pattern => choice([EMPTY, part]);

const inOrder = (parts: readonly Pattern[]): Pattern =>
  parts.reduceRight((second, first) => group(first, second), EMPTY);

/** May nothing stand for it? */
export function isOptional(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case 'empty':
    case 'text':
      return true;
    case 'choice':
      return pattern.parts.some(isOptional);
    case 'group':
      return isOptional(pattern.first) && isOptional(pattern.second);
    case 'oneOrMore':
      return isOptional(pattern.part);
    case 'notAllowed':
    case 'attribute':
    case 'element':
      return false;
  }
}

/** All that may come next. */
export function steps(pattern: Pattern): readonly Step[] {
  switch (pattern.kind) {
    case 'empty':
    case 'notAllowed':
    case 'attribute':
      return [];
    case 'text':
      return [{ element: undefined, then: pattern }];
    case 'element':
      return [{ element: pattern, then: EMPTY }];
    case 'choice':
      return pattern.parts.flatMap(steps);
    case 'group': {
      const first = followedBy(steps(pattern.first), pattern.second);
      return isOptional(pattern.first) ? [...first, ...steps(pattern.second)] : first;
    }
    case 'oneOrMore':
      return followedBy(steps(pattern.part), optional(pattern));
  }
}

function followedBy(all: readonly Step[], next: Pattern): Step[] {
  return all.map(({ element, then }) => ({ element, then: group(then, next) }));
}

// ---------------------------------------------------------------------------------------------
// The attributes of an element, taken out of its content.

function modelOf(pattern: Pattern): Model {
  const attributes: AttributeRule[] = [];
  const take = ({ name, value }: AttributePattern, required: boolean): Pattern => {
    attributes.push({ name, value, required });
    return EMPTY;
  };
  const without = (part: Pattern): Pattern => {
    if (part.kind === 'attribute') return take(part, true);
    if (part.kind === 'group') return group(without(part.first), without(part.second));
    if (part.kind === 'choice' && part.parts.length === 2 && part.parts[0]?.kind === 'empty') {
      const [, only] = part.parts;
      if (only?.kind === 'attribute') return take(only, false);
    }
    refuseAttributes(part);
    return part;
  };
  return { content: without(pattern), attributes };
}

/** Attributes that depend on something else are too much for a Model. */
function refuseAttributes(pattern: Pattern): void {
  if (pattern.kind === 'attribute')
    throw new Error(`the attribute ${pattern.name.local} in a choice or repetition`);
  if (pattern.kind === 'choice') pattern.parts.forEach(refuseAttributes);
  if (pattern.kind === 'oneOrMore') refuseAttributes(pattern.part);
  if (pattern.kind !== 'group') return;
  refuseAttributes(pattern.first);
  refuseAttributes(pattern.second);
}

// ---------------------------------------------------------------------------------------------
// The files.

const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const RELAX_NG = 'http://relaxng.org/ns/structure/1.0';
const DATATYPES = 'http://www.w3.org/2001/XMLSchema-datatypes';

interface Node {
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

function fault({ file }: Pick<Node, 'file'>, what: string): Error {
  return new Error(`${file}: ${what}`);
}

function notUnderstood(node: Node): Error {
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
function readFile(file: string, source: string): Node {
  const document: Node = { file, name: '', attributes: new Map(), children: [], text: '' };
  const open = [document];
  let attributes: Attribute[] = [];
  const parser = sax.parser(true, { position: false, strictEntities: true });
  parser.onerror = (error) => {
    throw fault(document, error.message);
  };
  parser.onopentagstart = () => {
    attributes = [];
  };
  parser.onattribute = (attribute) => {
    attributes.push(attribute);
  };
  parser.onopentag = ({ name }) => {
    const map = new Map(attributes.map((attribute) => [attribute.name, attribute.value]));
    const node: Node = { file, name, attributes: map, children: [], text: '' };
    open.at(-1)?.children.push(node);
    open.push(node);
  };
  parser.ontext = parser.oncdata = (text) => {
    const node = open.at(-1);
    if (node !== undefined) node.text += text;
  };
  parser.onclosetag = () => {
    const node = open.pop();
    if (node !== undefined) checkNode(node);
  };
  parser.write(source).flush();
  const [grammar] = document.children;
  if (grammar?.name !== 'grammar' || open.length > 1) throw fault(document, 'no <grammar>');
  return grammar;
}

// ---------------------------------------------------------------------------------------------
// Definitions: by name, or the start.

const START = '<start>';

interface Definition {
  bodies: Node[];
  combine: string | undefined;
}

type Definitions = Map<string, Definition>;

/** The definitions of a grammar or in an include. */
function define(nodes: readonly Node[], files: Files, definitions: Definitions): void {
  for (const node of nodes) {
    if (node.name === 'include') include(node, files, definitions);
    else if (node.name === 'define' || node.name === 'start') add(node, definitions);
    else throw notUnderstood(node);
  }
}

const definedName = (node: Node): string =>
  node.name === 'start' ? START : required(node, 'name');

function add(node: Node, definitions: Definitions): void {
  const name = definedName(node);
  const combine = node.attributes.get('combine');
  const known = definitions.get(name);
  if (known === undefined) {
    definitions.set(name, { bodies: [node], combine });
    return;
  }
  // one of them may do without saying how
  const how = known.combine ?? combine;
  if (how !== 'choice') throw fault(node, `${name} is defined twice, and not as a choice`);
  if (known.combine !== undefined && combine !== undefined && known.combine !== combine)
    throw fault(node, `${name} is combined in two ways`);
  known.bodies.push(node);
  known.combine = how;
}

function include(node: Node, files: Files, definitions: Definitions): void {
  const included: Definitions = new Map();
  define(files.grammar(node).children, files, included);
  for (const override of node.children) {
    if (!included.delete(definedName(override)))
      throw fault(node, `${definedName(override)} is overridden, but not there`);
  }
  for (const { bodies } of included.values()) for (const body of bodies) add(body, definitions);
  define(node.children, files, definitions);
}

function required(node: Node, attribute: string): string {
  const value = node.attributes.get(attribute);
  if (value === undefined) throw fault(node, `<${node.name}> without ${attribute}`);
  return value;
}

/** The files by name, each read once. */
class Files {
  readonly #sources: ReadonlyMap<string, string>;
  readonly #read = new Map<string, Node>();

  constructor(sources: ReadonlyMap<string, string>) {
    this.#sources = sources;
  }

  /** The grammar that the node refers to. */
  grammar(node: Node): Node {
    return this.named(required(node, 'href'));
  }

  named(file: string): Node {
    const known = this.#read.get(file);
    if (known !== undefined) return known;
    const source = this.#sources.get(file);
    if (source === undefined) throw fault({ file }, 'the file is missing');
    const grammar = readFile(file, source);
    this.#read.set(file, grammar);
    return grammar;
  }
}

// ---------------------------------------------------------------------------------------------
// Nodes to patterns.

/** A grammar in a namespace. */
class Scope {
  readonly #files: Files;
  readonly #ns: string;
  readonly #found: ElementPattern[];
  readonly #definitions: Definitions = new Map();
  /** what was read of the definitions */
  readonly #patterns = new Map<string, Pattern>();
  /** the definitions that are being read */
  readonly #reading = new Set<string>();

  /** @param found gets the elements */
  constructor(grammar: Node, ns: string, files: Files, found: ElementPattern[]) {
    this.#files = files;
    this.#ns = ns;
    this.#found = found;
    define(grammar.children, files, this.#definitions);
    if (!this.#definitions.has(START)) throw fault(grammar, 'no <start>');
  }

  start(): Pattern {
    return this.#defined(START);
  }

  #defined(name: string, from?: Node): Pattern {
    const known = this.#patterns.get(name);
    if (known !== undefined) return known;
    const definition = this.#definitions.get(name);
    if (definition === undefined) throw fault(from ?? { file: '' }, `${name} is not defined`);
    if (this.#reading.has(name))
      throw fault(from ?? { file: '' }, `${name} has itself in it, without an element between`);
    this.#reading.add(name);
    const pattern = choice(definition.bodies.map((body) => this.#all(body)));
    this.#reading.delete(name);
    this.#patterns.set(name, pattern);
    return pattern;
  }

  #all({ children }: Node): Pattern {
    return inOrder(children.map((child) => this.#pattern(child)));
  }

  #pattern(node: Node): Pattern {
    switch (node.name) {
      case 'empty':
        return EMPTY;
      case 'notAllowed':
        return NOT_ALLOWED;
      case 'text':
        return TEXT;
      case 'choice':
        return choice(node.children.map((child) => this.#pattern(child)));
      case 'group':
        return this.#all(node);
      case 'optional':
        return optional(this.#all(node));
      case 'zeroOrMore':
        return optional(oneOrMore(this.#all(node)));
      case 'oneOrMore':
        return oneOrMore(this.#all(node));
      case 'ref':
        return this.#defined(required(node, 'name'), node);
      case 'externalRef':
        return this.#external(node);
      case 'element':
        return this.#element(node);
      case 'attribute':
        return attributePattern(node);
      default:
        throw notUnderstood(node);
    }
  }

  #external(node: Node): Pattern {
    const ns = node.attributes.get('ns') ?? this.#ns;
    return new Scope(this.#files.grammar(node), ns, this.#files, this.#found).start();
  }

  #element(node: Node): Pattern {
    const local = required(node, 'name');
    if (local.includes(':')) throw fault(node, `the prefix of ${local} is not understood`);
    let model: Model | undefined;
    const element: ElementPattern = {
      kind: 'element',
      key: `<${this.#found.length}>`,
      name: { uri: node.attributes.get('ns') ?? this.#ns, local },
      model: () => (model ??= this.#model(node)),
    };
    this.#found.push(element);
    return element;
  }

  #model(node: Node): Model {
    try {
      return modelOf(this.#all(node));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new Error(`<element name="${required(node, 'name')}">: ${error.message}`, {
        cause: error,
      });
    }
  }
}

function attributePattern(node: Node): Pattern {
  const { prefix, local } = splitName(required(node, 'name'));
  if (prefix !== '' && prefix !== 'xml') throw fault(node, `the prefix ${prefix} is unknown`);
  const [child, second] = node.children;
  if (second !== undefined) throw notUnderstood(second);
  const name = { uri: prefix === 'xml' ? XML_NAMESPACE : '', local };
  const value = child === undefined ? { kind: 'any' as const } : attributeValue(child);
  const key = `@${nameKey(name)}=${JSON.stringify(value.kind === 'one-of' ? value.values : value.kind)}`;
  return { kind: 'attribute', key, name, value };
}

function attributeValue(node: Node): Value {
  if (node.name === 'text') return { kind: 'any' };
  if (node.name === 'value') return { kind: 'one-of', values: [literal(node)] };
  if (node.name === 'choice') return { kind: 'one-of', values: node.children.map(literal) };
  if (node.name === 'data') return { kind: 'token', test: tokenTest(node) };
  throw notUnderstood(node);
}

/** Only the type string compares character by character. */
function literal(node: Node): string {
  if (node.name !== 'value') throw notUnderstood(node);
  if (node.attributes.get('type') !== 'string') throw fault(node, 'a <value> that is no string');
  return node.text;
}

/** The one pattern for texts that is understood. */
function tokenTest(node: Node): RegExp {
  const [param, second] = node.children;
  const isToken =
    node.attributes.get('type') === 'string' &&
    second === undefined &&
    param?.attributes.get('name') === 'pattern' &&
    param.text === '\\c+';
  if (!isToken) throw fault(node, `<data> with ${param?.text ?? 'no <param>'} is not understood`);
  return new RegExp(`^(?:${NMTOKEN})$`);
}

/**
 * Reads a grammar.
 * @param files the texts of the files by the names that they refer to each other by
 * @throws Error that says what is not understood
 */
export function readGrammar(files: ReadonlyMap<string, string>, start: string): Grammar {
  const all = new Files(files);
  const elements: ElementPattern[] = [];
  const pattern = new Scope(all.named(start), '', all, elements).start();
  // grows by what is in each
  for (const element of elements) element.model();
  return { start: pattern, elements };
}
