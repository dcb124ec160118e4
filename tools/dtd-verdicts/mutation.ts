import type { Random } from '../../test/idmef/random.ts';
import type { Dialect } from './dialects.ts';
import { places, type Element, type Place, type Tree } from './tree.ts';

/** What a mutation works on. */
export interface Subject {
  /** changed in place */
  readonly tree: Tree;
  readonly dialect: Dialect;
  /** another document of the same dialect */
  readonly donor: Tree;
  readonly random: Random;
}

/** Changes the subject's tree; false where it could not. */
export type Mutation = (subject: Subject) => boolean;

/** One of them, if there are any. */
export function anyOf<T>(items: readonly T[], random: Random): T | undefined {
  return items[random.below(items.length)];
}

/** Any element of the document. */
export function anyPlace({ tree, random }: Subject): Place | undefined {
  return anyOf(places(tree.root), random);
}

/** Any element but the root, with its parent and its number there. */
export function anyChild(
  { random }: Subject,
  tree: Tree,
): { element: Element; parent: Element; index: number } | undefined {
  const child = anyOf(places(tree.root).slice(1), random);
  if (child?.parent === undefined) return undefined;
  const { element, parent } = child;
  return { element, parent, index: parent.children.indexOf(element) };
}

/** The name of an element that the dialect declares. */
export function declaredName({ dialect, random }: Subject): string {
  return anyOf([...dialect.dtd.keys()], random) ?? 'Alert';
}

/** Puts a child anywhere among the children. */
export function insert(parent: Element, child: Element['children'][number], random: Random): void {
  parent.children.splice(random.below(parent.children.length + 1), 0, child);
}
