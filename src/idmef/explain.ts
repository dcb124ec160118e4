/**
 * What makes a document invalid, said so that its author can mend it.
 *
 * libxml2 decides whether a document is valid, but names the first fault only, and not what it
 * expected. This walks the document with the same grammar. Behind a fault it goes on with what was
 * most likely meant, so that the other faults are found, too.
 *
 *   document → WellFormed → sax → Walk → Content of each element → violations
 */
import sax, { type Attribute as SaxAttribute } from 'sax';
import { GatewayError } from '../errors.ts';
import {
  choice,
  isOptional,
  nameKey,
  readGrammar,
  steps,
  type AttributeRule,
  type ElementPattern,
  type Name,
  type Pattern,
  type Step,
  type Value,
} from './grammar.ts';
import { isDeclaration, isIdmef, Namespaces, splitName, type Declarations } from './namespaces.ts';
import { quote, trim } from './text.ts';
import { WellFormed } from './wellformed.ts';

/** One fault of a document. */
export interface Violation {
  /** in the document, from 1 */
  readonly line: number;
  /** the element, such as IDMEF-Message/Alert[2]/Source */
  readonly path: string;
  readonly message: string;
}

// Tokens are bounded by the limits on the body; sax's own limit would cut text in two.
sax.MAX_BUFFER_LENGTH = Infinity;

/** characters that sax gets at a time: see Reader */
const SLICE = 2 ** 18;
const NAME_SHOWN = 40;
/** more names than these help nobody */
const NAMES_LISTED = 20;

// ---------------------------------------------------------------------------------------------
// Words.

const clip = (name: string): string =>
  name.length > NAME_SHOWN ? `${name.slice(0, NAME_SHOWN)}…` : name;

const tagOf = (name: string): string => `<${clip(name)}>`;

function list(words: readonly string[], conjunction: 'and' | 'or'): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} ${conjunction} ${last}`;
}

const anyOf = (elements: readonly ElementPattern[]): string =>
  list(
    elements.map(({ name }) => tagOf(name.local)),
    'or',
  );

const attributeName = ({ uri, local }: Name): string => (uri === '' ? local : `xml:${local}`);

// ---------------------------------------------------------------------------------------------
// The grammar as states: how far an element's content has come.

interface Transition {
  readonly element: ElementPattern;
  readonly state: State;
}

type Elements = ReadonlyMap<string, ElementPattern>;

class State {
  /** the content may end here */
  readonly mayEnd: boolean;
  /** by nameKey */
  readonly next = new Map<string, Transition>();
  afterText: State | undefined;
  #all: readonly State[] | undefined;
  #ahead: Elements | undefined;

  constructor(mayEnd: boolean) {
    this.mayEnd = mayEnd;
  }

  /** This state and those that can still come, the nearest first. */
  get all(): readonly State[] {
    if (this.#all !== undefined) return this.#all;
    const all = new Set<State>([this]);
    for (const state of all) {
      for (const transition of state.next.values()) all.add(transition.state);
      if (state.afterText !== undefined) all.add(state.afterText);
    }
    this.#all = [...all];
    return this.#all;
  }

  /** The elements that can still come, at once or behind others. */
  get ahead(): Elements {
    this.#ahead ??= new Map(
      this.all.flatMap(({ next }) =>
        [...next].map(([key, { element }]): [string, ElementPattern] => [key, element]),
      ),
    );
    return this.#ahead;
  }

  /** The elements that can come at once. */
  get expected(): readonly ElementPattern[] {
    return [...this.next.values()].map(({ element }) => element);
  }

  /** How many elements have to come before the goal is reached; Infinity if it cannot be. */
  distance(goal: (state: State) => boolean): number {
    const seen = new Set<State>();
    let front: State[] = [this];
    for (let length = 0; front.length > 0; length++) {
      if (front.some(goal)) return length;
      for (const state of front) seen.add(state);
      front = front
        .flatMap(({ next }) => [...next.values()].map(({ state }) => state))
        .filter((state) => !seen.has(state));
      front = [...new Set(front)];
    }
    return Infinity;
  }
}

/** The shortest way to a goal: at each step the elements of which one has to come. */
function way(
  begin: State,
  goal: (state: State) => boolean,
): { missing: readonly ElementPattern[][]; end: State } {
  const missing: ElementPattern[][] = [];
  let end = begin;
  for (let left = begin.distance(goal); left > 0 && left < Infinity; left--) {
    const nearer = [...end.next.values()].filter(({ state }) => state.distance(goal) < left);
    missing.push(nearer.map(({ element }) => element));
    end = nearer[0]?.state ?? end;
  }
  return { missing, end };
}

/** What an element may have. */
interface Content {
  readonly attributes: ReadonlyMap<string, AttributeRule>;
  readonly begin: State;
}

/** Makes the states and contents, each once. */
class Contents {
  readonly #states = new Map<string, State>();
  readonly #contents = new Map<ElementPattern, Content>();

  of(element: ElementPattern): Content {
    const known = this.#contents.get(element);
    if (known !== undefined) return known;
    const { attributes, content } = element.model();
    const rules = new Map(attributes.map((rule) => [nameKey(rule.name), rule]));
    const made = { attributes: rules, begin: this.state(content) };
    this.#contents.set(element, made);
    return made;
  }

  /** @throws Error if an element can be meant in two ways */
  state(pattern: Pattern): State {
    const known = this.#states.get(pattern.key);
    if (known !== undefined) return known;
    const state = new State(isOptional(pattern));
    this.#states.set(pattern.key, state);
    for (const [key, same] of byName(possible(pattern))) {
      const [{ element }] = same;
      if (same.some((step) => step.element !== element))
        throw new Error(`two patterns for <${element?.name.local ?? ''}> at one place`);
      const then = this.state(choice(same.map((step) => step.then)));
      if (element === undefined) state.afterText = then;
      else state.next.set(key, { element, state: then });
    }
    return state;
  }
}

type Steps = [Step, ...Step[]];

/** What may come next, without elements that cannot be right whatever is in them. */
function possible(pattern: Pattern): Step[] {
  return steps(pattern).filter(({ element }) => element?.model().content.kind !== 'notAllowed');
}

function byName(all: readonly Step[]): Map<string, Steps> {
  const groups = new Map<string, Steps>();
  for (const step of all) {
    const key = step.element === undefined ? '' : nameKey(step.element.name);
    const same = groups.get(key);
    if (same === undefined) groups.set(key, [step]);
    else same.push(step);
  }
  return groups;
}

// ---------------------------------------------------------------------------------------------
// The children of one element.

/** What is said of a child, and by what its own content is judged. */
interface Judgement {
  readonly message?: string;
  /** undefined: its content is not judged */
  readonly element: ElementPattern | undefined;
  readonly mistaken?: Mistaken;
}

/** A namespace that was written for another: told once, and not for all that is inside. */
interface Mistaken {
  readonly written: string;
  readonly meant: string;
}

/** Elements of which one is missing, and before which one that was noticed. */
interface Skipped {
  readonly elements: readonly ElementPattern[];
  readonly before: ElementPattern;
}

class Children {
  readonly #declared: Elements;
  readonly #begin: State;
  #state: State;
  /** what can no longer come, and behind which element it cannot */
  readonly #closed = new Map<string, ElementPattern>();
  readonly #counts = new Map<string, number>();
  #skipped: Skipped[] = [];

  /** @param declared all elements that there are, anywhere */
  constructor(begin: State, declared: Elements) {
    this.#declared = declared;
    this.#begin = begin;
    this.#state = begin;
  }

  /** @param tag the name as it was written */
  child(name: Name, tag: string): Judgement {
    const element = this.#begin.ahead.get(nameKey(name));
    if (element !== undefined) return { ...this.#known(element), element };
    const meant = this.#meant(name);
    if (meant === undefined)
      return {
        message: `${tagOf(tag)} is not allowed here; ${this.#expectation()}`,
        element: undefined,
      };
    const { message } = this.#known(meant);
    const judgement = mistakenFor(meant, name, tag);
    if (message === undefined) return judgement;
    return { ...judgement, message: `${judgement.message}, and ${message}` };
  }

  /** Takes text; false if none may be here. */
  text(): boolean {
    const { afterText } = this.#state;
    if (afterText !== undefined) this.#state = afterText;
    return afterText !== undefined;
  }

  /** The content is at its end: what is missing in it. */
  end(): string[] {
    const skipped = this.#skipped.map(
      ({ elements, before }) => `${anyOf(elements)} is missing before ${tagOf(before.name.local)}`,
    );
    const { missing } = way(this.#state, ({ mayEnd }) => mayEnd);
    return [...skipped, ...missing.map((elements) => `${anyOf(elements)} is missing`)];
  }

  /** An element that can be in this content: is this the place? */
  #known(element: ElementPattern): { message?: string } {
    const key = nameKey(element.name);
    const transition = this.#state.next.get(key);
    if (transition !== undefined) this.#advance(element, transition.state);
    else if (this.#wasSkipped(element)) return this.#late(element);
    else if (this.#state.ahead.has(key)) this.#skip(element, key);
    else return { message: this.#behind(element, key) };
    return {};
  }

  #advance(element: ElementPattern, to: State): void {
    const key = nameKey(element.name);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    if (to === this.#state) return;
    for (const lost of this.#state.ahead.keys())
      if (!to.ahead.has(lost)) this.#closed.set(lost, element);
    this.#state = to;
  }

  /** Something has to come before this element. It may come later: that is told at the end. */
  #skip(element: ElementPattern, key: string): void {
    const { missing, end } = way(this.#state, ({ next }) => next.has(key));
    for (const elements of missing) this.#skipped.push({ elements, before: element });
    this.#advance(element, end.next.get(key)?.state ?? end);
  }

  #wasSkipped(element: ElementPattern): boolean {
    return this.#skipped.some(({ elements }) => elements.includes(element));
  }

  /** What was missed comes, too late. */
  #late(element: ElementPattern): { message: string } {
    const found = this.#skipped.find(({ elements }) => elements.includes(element));
    this.#skipped = this.#skipped.filter((one) => one !== found);
    const key = nameKey(element.name);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    return { message: standsBefore(element, found?.before ?? element) };
  }

  /** The element could have come, but cannot any more. */
  #behind(element: ElementPattern, key: string): string {
    const closer = this.#closed.get(key) ?? element;
    const count = this.#counts.get(key) ?? 0;
    if (closer === element)
      return count > 1
        ? `one more ${tagOf(element.name.local)}; there may be ${count}`
        : `a second ${tagOf(element.name.local)}; there may be one`;
    if (this.#canPrecede(key, closer)) return standsBefore(element, closer);
    return `${tagOf(element.name.local)} is not allowed together with ${tagOf(closer.name.local)}`;
  }

  #canPrecede(key: string, later: ElementPattern): boolean {
    const laterKey = nameKey(later.name);
    return this.#begin.all.some(({ next }) => next.get(key)?.state.ahead.has(laterKey) === true);
  }

  /** The element that was meant by a name that is none of these. */
  #meant(name: Name): ElementPattern | undefined {
    // such as <address> of <Address> in <Node>
    if (this.#declared.has(nameKey(name)) && !this.#hasLocal(name.local)) return undefined;
    return alikeElement([...this.#begin.ahead.values()], name);
  }

  #hasLocal(local: string): boolean {
    return [...this.#begin.ahead.values()].some(({ name }) => name.local === local);
  }

  #expectation(): string {
    const { expected } = this.#state;
    if (this.#begin.next.size === 0)
      return this.#begin.afterText === undefined
        ? 'the element has to be empty'
        : 'the element has text only';
    if (expected.length === 0) return 'nothing more may come here';
    if (expected.length > NAMES_LISTED) return 'expected one of the elements of IDMEF';
    return `expected ${anyOf(expected)}`;
  }
}

/** The element that has this name but for the namespace, or else but for the case of its letters. */
function alikeElement(
  elements: readonly ElementPattern[],
  { uri, local }: Name,
): ElementPattern | undefined {
  // a longer name is none of ours
  if (local.length > NAME_SHOWN) return undefined;
  const small = local.toLowerCase();
  return (
    elements.find(({ name }) => name.local === local) ??
    elements.find(({ name }) => name.uri === uri && name.local.toLowerCase() === small)
  );
}

/** What is said of an element that was written in another way than was meant. */
function mistakenFor(
  meant: ElementPattern,
  name: Name,
  tag: string,
): Judgement & { readonly message: string } {
  if (meant.name.local !== name.local)
    return {
      message: `${tagOf(tag)} has to be written ${tagOf(meant.name.local)}`,
      element: meant,
    };
  return {
    message: wrongNamespace(tag, name.uri, [meant.name.uri]),
    element: meant,
    mistaken: { written: name.uri, meant: meant.name.uri },
  };
}

function standsBefore(element: ElementPattern, later: ElementPattern): string {
  return `${tagOf(element.name.local)} has to stand before ${tagOf(later.name.local)}`;
}

function wrongNamespace(tag: string, uri: string, right: readonly string[]): string {
  const named = (one: string): string => (one === '' ? 'none' : quote(one));
  return (
    `${tagOf(tag)} is in ${uri === '' ? 'no namespace' : `the namespace ${named(uri)}`}; ` +
    `it has to be in ${list(right.map(named), 'or')}`
  );
}

// ---------------------------------------------------------------------------------------------
// The attributes of one element.

interface SentAttribute extends Name {
  /** as it was written */
  readonly name: string;
  readonly value: string;
}

function attributeFaults(
  rules: ReadonlyMap<string, AttributeRule>,
  attributes: readonly SentAttribute[],
): string[] {
  const present = new Set<AttributeRule>();
  const faults: string[] = [];
  for (const attribute of attributes) {
    const rule = rules.get(nameKey(attribute));
    const meant = rule ?? alikeRule(rules, attribute);
    if (meant !== undefined) present.add(meant);
    if (rule === undefined) faults.push(unknownAttribute(rules, attribute, meant));
    else if (!isValue(attribute.value, rule.value))
      faults.push(
        `${attribute.name}=${quote(attribute.value)}: it has to be ${wanted(rule.value)}`,
      );
  }
  for (const rule of rules.values())
    if (rule.required && !present.has(rule)) faults.push(missingAttribute(rule));
  return faults;
}

/** The rule for the name but for the case of its letters, or a prefix where none belongs. */
function alikeRule(
  rules: ReadonlyMap<string, AttributeRule>,
  { uri, local }: Name,
): AttributeRule | undefined {
  if (local.length > NAME_SHOWN) return undefined;
  const small = local.toLowerCase();
  return [...rules.values()].find(
    ({ name }) =>
      (name.uri === uri || (name.uri === '' && isIdmef(uri))) && name.local.toLowerCase() === small,
  );
}

function unknownAttribute(
  rules: ReadonlyMap<string, AttributeRule>,
  { name }: SentAttribute,
  meant: AttributeRule | undefined,
): string {
  if (meant !== undefined)
    return `the attribute ${clip(name)} has to be written ${attributeName(meant.name)}`;
  // the element's own attributes before those that every element may have
  const allowed = [...rules.values()].sort(
    (one, other) => Number(one.name.uri !== '') - Number(other.name.uri !== ''),
  );
  const names = allowed.map((rule) => attributeName(rule.name));
  const verb = names.length === 1 ? 'is' : 'are';
  return (
    `the attribute ${clip(name)} is not allowed here; ` +
    (names.length === 0 ? 'none is' : `allowed ${verb} ${list(names, 'and')}`)
  );
}

function missingAttribute({ name, value }: AttributeRule): string {
  const missing = `the attribute ${attributeName(name)} is missing`;
  return value.kind === 'any' ? missing : `${missing}; it has to be ${wanted(value)}`;
}

function isValue(text: string, value: Value): boolean {
  switch (value.kind) {
    case 'any':
      return true;
    case 'one-of':
      return value.values.includes(text);
    case 'token':
      return value.test.test(text);
  }
}

function wanted(value: Value): string {
  switch (value.kind) {
    case 'any':
      return 'any text';
    case 'one-of':
      return list(value.values, 'or');
    case 'token':
      return 'one word of letters, digits and . - _ :';
  }
}

// ---------------------------------------------------------------------------------------------
// The document.

/** An element that is open, or that a violation is about. */
interface Place {
  readonly parent: Place | undefined;
  readonly local: string;
  readonly line: number;
  /** among the siblings of its name, from 1 */
  readonly index: number;
  /** its children by their names */
  readonly counts: Map<string, number>;
}

/** Known only when the parent is at its end, since later siblings count. */
function pathOf(place: Place): string {
  const { parent, local, index } = place;
  if (parent === undefined) return '';
  const several = (parent.counts.get(local) ?? 0) > 1;
  const step = several ? `${clip(local)}[${index}]` : clip(local);
  const above = pathOf(parent);
  return above === '' ? step : `${above}/${step}`;
}

interface Found {
  readonly place: Place;
  readonly line: number;
  readonly message: string;
}

interface Open {
  readonly place: Place;
  /** undefined where nothing is known of the content */
  readonly children: Children | undefined;
  readonly declarations: Declarations;
  readonly mistaken: Mistaken | undefined;
  toldOfText: boolean;
}

/** Takes a document's elements and notes the violations. */
class Walk {
  readonly #contents: Contents;
  readonly #declared: Elements;
  readonly #start: State;
  readonly #most: number;
  readonly #namespaces = new Namespaces();
  readonly #found: Found[] = [];
  readonly #open: Open[];

  constructor(contents: Contents, declared: Elements, start: State, most: number) {
    this.#contents = contents;
    this.#declared = declared;
    this.#start = start;
    this.#most = most;
    const place = { parent: undefined, local: '', line: 1, index: 1, counts: new Map() };
    this.#open = [
      { place, children: undefined, declarations: [], mistaken: undefined, toldOfText: false },
    ];
  }

  /** Those that were found, in the order of the document. */
  get violations(): Violation[] {
    return this.#found
      .map(({ place, line, message }) => ({ line, path: pathOf(place), message }))
      .sort((one, other) => one.line - other.line);
  }

  open(tag: string, sent: readonly SaxAttribute[], line: number): void {
    const declarations = this.#namespaces.open(sent);
    const { prefix, local } = splitName(tag);
    const name = { uri: this.#namespaces.resolve(prefix), local };
    const place = this.#place(local, line);
    const mistaken = this.#open.at(-1)?.mistaken;
    if (name.uri === mistaken?.written) name.uri = mistaken.meant;
    const judgement = this.#isFull ? undefined : this.#judge(name, tag);
    if (judgement?.message !== undefined) this.#note(place, judgement.message);
    this.#open.push({
      place,
      children: this.#children(place, judgement?.element, sent),
      declarations,
      mistaken: judgement?.mistaken ?? mistaken,
      toldOfText: false,
    });
  }

  text(text: string, line: number): void {
    const top = this.#open.at(-1);
    if (top?.children === undefined || top.toldOfText) return;
    const shown = trim(text);
    // white space may be anywhere
    if (shown === '' || top.children.text()) return;
    top.toldOfText = true;
    this.#note(top.place, `text is not allowed here: ${quote(shown)}`, line);
  }

  close(): void {
    const top = this.#open.pop();
    if (top === undefined) return;
    for (const message of top.children?.end() ?? []) this.#note(top.place, message);
    this.#namespaces.close(top.declarations);
  }

  get #isFull(): boolean {
    return this.#found.length >= this.#most;
  }

  #note(place: Place, message: string, line = place.line): void {
    if (!this.#isFull) this.#found.push({ place, line, message });
  }

  #place(local: string, line: number): Place {
    const parent = this.#open.at(-1)?.place;
    const index = (parent?.counts.get(local) ?? 0) + 1;
    parent?.counts.set(local, index);
    return { parent, local, line, index, counts: new Map() };
  }

  #judge(name: Name, tag: string): Judgement | undefined {
    return this.#open.length === 1
      ? this.#root(name, tag)
      : this.#open.at(-1)?.children?.child(name, tag);
  }

  /** What the content is judged with; notes what is wrong with the attributes. */
  #children(
    place: Place,
    element: ElementPattern | undefined,
    sent: readonly SaxAttribute[],
  ): Children | undefined {
    if (element === undefined) return undefined;
    const { attributes, begin } = this.#contents.of(element);
    for (const message of attributeFaults(attributes, this.#attributes(sent)))
      this.#note(place, message);
    return new Children(begin, this.#declared);
  }

  #root(name: Name, tag: string): Judgement {
    const transition = this.#start.next.get(nameKey(name));
    if (transition !== undefined) return { element: transition.element };
    const { expected } = this.#start;
    const meant = alikeElement(expected, name);
    if (meant?.name.local === name.local) {
      const { mistaken } = mistakenFor(meant, name, tag);
      const right = expected.filter(({ name: { local } }) => local === name.local);
      const message = wrongNamespace(
        tag,
        name.uri,
        right.map((one) => one.name.uri),
      );
      return {
        message: `the root element ${message}`,
        element: meant,
        ...(mistaken && { mistaken }),
      };
    }
    const names = [...new Set(expected.map((one) => tagOf(one.name.local)))];
    return {
      message: `the root element has to be ${list(names, 'or')}, not ${tagOf(tag)}`,
      element: meant ?? this.#declared.get(nameKey(name)),
    };
  }

  #attributes(sent: readonly SaxAttribute[]): SentAttribute[] {
    return sent
      .filter(({ name }) => !isDeclaration(name))
      .map(({ name, value }) => {
        const { prefix, local } = splitName(name);
        // an attribute without a prefix has no namespace, whatever the default is
        return { uri: prefix === '' ? '' : this.#namespaces.resolve(prefix), local, name, value };
      });
  }
}

/** Reads the document as Reader does. */
function read(document: string, walk: Walk): void {
  let token = '';
  let attributes: SaxAttribute[] = [];
  const parser = sax.parser(true, { position: false, strictEntities: true });
  const wellFormed = new WellFormed({
    markup: (text) => {
      token = text;
      for (let start = 0; start < token.length; start += SLICE) {
        parser.write(token.slice(start, start + SLICE));
        if (token.length > SLICE) parser.attribValue.charCodeAt(0);
      }
      // while the place is that of the text
      parser.flush();
    },
    instruction: () => undefined,
  });
  const lineOfText = (): number => {
    const [blank = ''] = /^(?:<!\[CDATA\[)?[ \t\n]*/.exec(token) ?? [];
    return wellFormed.placeBehind(blank).line;
  };
  parser.onerror = (error) => {
    throw new GatewayError('malformed-xml', error.message);
  };
  parser.onopentagstart = () => {
    attributes = [];
  };
  parser.onattribute = (attribute) => {
    attributes.push(attribute);
  };
  parser.onopentag = (tag) => {
    const normal = attributes.map(({ name, value }) => ({
      name,
      value: wellFormed.attributeValue(tag.name, name, value),
    }));
    walk.open(tag.name, normal, wellFormed.position.line);
  };
  parser.ontext = parser.oncdata = (text) => {
    walk.text(text, lineOfText());
  };
  parser.onclosetag = () => {
    walk.close();
  };
  wellFormed.write(document);
  wellFormed.end();
}

/** Explains why documents are not valid by a grammar. */
export class Explainer {
  readonly #contents = new Contents();
  readonly #start: State;
  /** all elements, by nameKey */
  readonly #declared: Elements;

  /**
   * @param files the grammar's files by the names that they refer to each other by
   * @param start the file to begin with
   * @throws Error if the grammar is not one that is understood
   */
  constructor(files: ReadonlyMap<string, string>, start: string) {
    const grammar = readGrammar(files, start);
    this.#start = this.#contents.state(grammar.start);
    this.#declared = new Map(grammar.elements.map((element) => [nameKey(element.name), element]));
    // what is not understood shows now, and not with a document
    for (const element of grammar.elements) this.#contents.of(element);
  }

  /**
   * The violations of a document, as many as are wanted; none if nothing is found. What Reader
   * refuses (not well-formed, beyond a limit) is explained as far as it can be read.
   */
  explain(document: string, most: number): readonly Violation[] {
    const walk = new Walk(this.#contents, this.#declared, this.#start, most);
    try {
      read(document, walk);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
    }
    return walk.violations;
  }
}
