/** The children of one element: which were possible at each, and what was probably meant. */
import { quote } from '../text.ts';
import { type ElementPattern, type Name, nameKey } from './pattern.ts';
import { type Elements, State, way } from './states.ts';
import { NAME_SHOWN, anyOf, list, tagOf } from './words.ts';

/** more names than these help nobody */
const NAMES_LISTED = 20;

/** What is said of one child. */
export interface Judgement {
  readonly message?: string;
  /** undefined: its content is not judged */
  readonly element: ElementPattern | undefined;
  readonly mistaken?: Mistaken;
}

/** A namespace that was written for another: told once, and not for all that is inside. */
export interface Mistaken {
  readonly written: string;
  readonly meant: string;
}

/** Elements of which one is missing, and before which one that was noticed. */
interface Skipped {
  readonly elements: readonly ElementPattern[];
  readonly before: ElementPattern;
}

export class Children {
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
export function alikeElement(
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
export function mistakenFor(
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

export function wrongNamespace(tag: string, uri: string, right: readonly string[]): string {
  const named = (one: string): string => (one === '' ? 'none' : quote(one));
  return (
    `${tagOf(tag)} is in ${uri === '' ? 'no namespace' : `the namespace ${named(uri)}`}; ` +
    `it has to be in ${list(right.map(named), 'or')}`
  );
}
