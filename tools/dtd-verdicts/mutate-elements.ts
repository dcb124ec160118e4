import { grow } from './grow.ts';
import { anyChild, anyOf, anyPlace, declaredName, insert, type Mutation } from './mutation.ts';
import { named } from './parse.ts';
import { elementsOf, places } from './tree.ts';

const removed: Mutation = (subject) => {
  const child = anyChild(subject, subject.tree);
  child?.parent.children.splice(child.index, 1);
  return child !== undefined;
};

const doubled: Mutation = (subject) => {
  const child = anyChild(subject, subject.tree);
  child?.parent.children.splice(child.index, 0, structuredClone(child.element));
  return child !== undefined;
};

const moved: Mutation = (subject) => {
  const child = anyChild(subject, subject.tree);
  if (child === undefined) return false;
  child.parent.children.splice(child.index, 1);
  const place = anyPlace(subject);
  if (place !== undefined) insert(place.element, child.element, subject.random);
  return place !== undefined;
};

const renamed: Mutation = (subject) => {
  const place = anyPlace(subject);
  if (place === undefined) return false;
  const { element } = place;
  element.name = subject.random.oneIn(4) ? otherCase(element.name) : declaredName(subject);
  return true;
};

function otherCase(name: string): string {
  const first = name.charAt(0);
  const upper = first.toUpperCase();
  return (first === upper ? first.toLowerCase() : upper) + name.slice(1);
}

const unknownAdded: Mutation = (subject) => {
  const place = anyPlace(subject);
  if (place === undefined) return false;
  const { random } = subject;
  const namespace = random.pick([place.element.namespace, 'urn:other', '']);
  const name = random.pick(['unknown', 'xml', 'Node', 'name']);
  insert(place.element, named(namespace, name), random);
  return true;
};

const fromDonor: Mutation = (subject) => {
  const place = anyPlace(subject);
  const child = anyChild(subject, subject.donor);
  if (place === undefined || child === undefined) return false;
  insert(place.element, structuredClone(child.element), subject.random);
  return true;
};

const swapped: Mutation = ({ tree, random }) => {
  const parents = places(tree.root).map(({ element }) => element);
  const parent = anyOf(
    parents.filter((element) => elementsOf(element).length > 1),
    random,
  );
  if (parent === undefined) return false;
  const children = elementsOf(parent);
  const [first, second] = random.shuffle(children);
  if (first === undefined || second === undefined) return false;
  const [one, two] = [parent.children.indexOf(first), parent.children.indexOf(second)];
  parent.children[one] = second;
  parent.children[two] = first;
  return true;
};

/** Takes the place of another of its name: right by the DTD, and nothing like it was. */
const regrown: Mutation = (subject) => {
  const child = anyChild(subject, subject.tree);
  if (child === undefined) return false;
  const { dialect, random } = subject;
  child.parent.children[child.index] = grow(child.element.name, dialect, random);
  return true;
};

/** A message of its own. */
const grownMessage: Mutation = ({ tree, dialect, random }) => {
  tree.root.children.push(grow(random.pick(['Alert', 'Heartbeat']), dialect, random));
  return true;
};

/** Where a DTD allows any element. */
const grownAnywhere: Mutation = (subject) => {
  const { tree, dialect, random } = subject;
  const any = places(tree.root).filter(
    ({ element }) => dialect.dtd.get(element.name)?.content === 'ANY',
  );
  const parent = anyOf(any, random)?.element;
  if (parent !== undefined) insert(parent, grow(declaredName(subject), dialect, random), random);
  return parent !== undefined;
};

/** By what they do. */
export const ELEMENT_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'element removed': removed,
  'element doubled': doubled,
  'element moved': moved,
  'element renamed': renamed,
  'unknown element added': unknownAdded,
  'element of another document added': fromDonor,
  'order swapped': swapped,
  'element made anew': regrown,
  'message made anew': grownMessage,
  'element added in ANY': grownAnywhere,
};
