/**
 * What makes a document invalid, said so that its author can mend it.
 *
 * libxml2 decides whether a document is valid, but names the first fault only, and not what it
 * expected. This walks the document with the same grammar. Behind a fault it goes on with what was
 * most likely meant, so that the other faults are found, too.
 *
 *   document → Parser → Walk → Children and attributes of each element → violations
 */
import { GatewayError } from '../../errors.ts';
import type { Element } from '../../xml/canonical.ts';
import { Parser } from '../../xml/parser.ts';
import { quote, trim } from '../text.ts';
import { type SentAttribute, attributeFaults } from './attributes.ts';
import {
  Children,
  type Judgement,
  type Mistaken,
  alikeElement,
  mistakenFor,
  wrongNamespace,
} from './children.ts';
import { readGrammar } from './grammar.ts';
import { type ElementPattern, type Name, nameKey } from './pattern.ts';
import { Contents, type Elements, State } from './states.ts';
import { clip, list, tagOf } from './words.ts';

/** One fault of a document. */
export interface Violation {
  /** in the document, from 1 */
  readonly line: number;
  /** the element, such as IDMEF-Message/Alert[2]/Source */
  readonly path: string;
  readonly message: string;
}

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
  readonly mistaken: Mistaken | undefined;
  toldOfText: boolean;
}

/** Takes a document's elements and notes the violations. */
class Walk {
  readonly #contents: Contents;
  readonly #declared: Elements;
  readonly #start: State;
  readonly #most: number;
  readonly #found: Found[] = [];
  readonly #open: Open[];

  constructor(contents: Contents, declared: Elements, start: State, most: number) {
    this.#contents = contents;
    this.#declared = declared;
    this.#start = start;
    this.#most = most;
    const place = { parent: undefined, local: '', line: 1, index: 1, counts: new Map() };
    this.#open = [{ place, children: undefined, mistaken: undefined, toldOfText: false }];
  }

  /** Those that were found, in the order of the document. */
  get violations(): Violation[] {
    return this.#found
      .map(({ place, line, message }) => ({ line, path: pathOf(place), message }))
      .sort((one, other) => one.line - other.line);
  }

  open({ uri, prefix, local, attributes }: Element, line: number): void {
    const tag = prefix === '' ? local : `${prefix}:${local}`;
    const name = { uri, local };
    const sent = attributes.map((attribute) => ({
      ...attribute,
      name: attribute.prefix === '' ? attribute.local : `${attribute.prefix}:${attribute.local}`,
    }));
    const place = this.#place(local, line);
    const mistaken = this.#open.at(-1)?.mistaken;
    if (name.uri === mistaken?.written) name.uri = mistaken.meant;
    const judgement = this.#isFull ? undefined : this.#judge(name, tag);
    if (judgement?.message !== undefined) this.#note(place, judgement.message);
    this.#open.push({
      place,
      children: this.#children(place, judgement?.element, sent),
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
    sent: readonly SentAttribute[],
  ): Children | undefined {
    if (element === undefined) return undefined;
    const { attributes, begin } = this.#contents.of(element);
    for (const message of attributeFaults(attributes, sent)) this.#note(place, message);
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
}

/** Reads the document as Reader does. */
export function read(document: string, walk: Walk): void {
  const parser = new Parser((locator) => ({
    open: (element) => {
      walk.open(element, locator.place.line);
    },
    text: (text) => {
      const [blank = ''] = /^[ \t\n]*/.exec(text) ?? [];
      walk.text(text, locator.place.line + blank.split('\n').length - 1);
    },
    instruction: () => undefined,
    close: () => {
      walk.close();
    },
  }));
  parser.write(document).write(null);
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
