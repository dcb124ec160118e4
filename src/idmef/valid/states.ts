/** The grammar as states: how far an element's content has come, and what can come next. */
import {
  type AttributeRule,
  type ElementPattern,
  type Pattern,
  type Step,
  choice,
  isOptional,
  nameKey,
  steps,
} from './pattern.ts';

interface Transition {
  readonly element: ElementPattern;
  readonly state: State;
}

export type Elements = ReadonlyMap<string, ElementPattern>;

export class State {
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
export function way(
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
export class Contents {
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
