/** The RELAX NG grammars in conf/ as patterns that can be asked what may come next. */
import { NMTOKEN } from '../../xml/names.ts';
import {
  EMPTY,
  type ElementPattern,
  type Grammar,
  type Model,
  NOT_ALLOWED,
  type Pattern,
  TEXT,
  type Value,
  choice,
  inOrder,
  modelOf,
  nameKey,
  oneOrMore,
  optional,
} from './pattern.ts';
import { type Node, XML_NAMESPACE, fault, notUnderstood, readFile } from './relaxng.ts';

// Definitions: by name, or the start.

const START = '<start>';

interface Definition {
  bodies: Node[];
  combine: string | undefined;
}

type Definitions = Map<string, Definition>;

/** The definitions of a grammar or in an include. */
export function define(nodes: readonly Node[], files: Files, definitions: Definitions): void {
  for (const node of nodes) {
    if (node.name === 'include') include(node, files, definitions);
    else if (node.name === 'define' || node.name === 'start') add(node, definitions);
    else throw notUnderstood(node);
  }
}

const definedName = (node: Node): string =>
  node.name === 'start' ? START : required(node, 'name');

export function add(node: Node, definitions: Definitions): void {
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

export function include(node: Node, files: Files, definitions: Definitions): void {
  const included: Definitions = new Map();
  define(files.grammar(node).children, files, included);
  for (const override of node.children) {
    if (!included.delete(definedName(override)))
      throw fault(node, `${definedName(override)} is overridden, but not there`);
  }
  for (const { bodies } of included.values()) for (const body of bodies) add(body, definitions);
  define(node.children, files, definitions);
}

export function required(node: Node, attribute: string): string {
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
  const [local = '', prefix = ''] = required(node, 'name').split(':').reverse();
  if (prefix !== '' && prefix !== 'xml') throw fault(node, `the prefix ${prefix} is unknown`);
  const [child, second] = node.children;
  if (second !== undefined) throw notUnderstood(second);
  const name = { uri: prefix === 'xml' ? XML_NAMESPACE : '', local };
  const value = child === undefined ? { kind: 'any' as const } : attributeValue(child);
  const key = `@${nameKey(name)}=${JSON.stringify(value.kind === 'one-of' ? value.values : value.kind)}`;
  return { kind: 'attribute', key, name, value };
}

export function attributeValue(node: Node): Value {
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
