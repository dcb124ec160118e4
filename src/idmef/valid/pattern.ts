/** A grammar as immutable patterns, and the steps that the content of an element can take. */

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

export const EMPTY: Pattern = { kind: 'empty', key: '()' };
export const NOT_ALLOWED: Pattern = { kind: 'notAllowed', key: '!' };
export const TEXT: Pattern = { kind: 'text', key: 'text' };

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
export function group(first: Pattern, second: Pattern): Pattern {
  if (first.kind === 'empty' || second.kind === 'notAllowed') return second;
  if (second.kind === 'empty' || first.kind === 'notAllowed') return first;
  if (first.kind === 'group') return group(first.first, group(first.second, second));
  return { kind: 'group', key: `(${first.key},${second.key})`, first, second };
}

export function oneOrMore(part: Pattern): Pattern {
  if (part.kind === 'empty' || part.kind === 'notAllowed' || part.kind === 'oneOrMore') return part;
  return { kind: 'oneOrMore', key: `${part.key}+`, part };
}

export const optional = (part: Pattern): Pattern => choice([EMPTY, part]);

export const inOrder = (parts: readonly Pattern[]): Pattern =>
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

export function modelOf(pattern: Pattern): Model {
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
