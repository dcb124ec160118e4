/** Describes what is wrong with one element: what was expected, and what came. */
import { quote } from '../idmef/text.ts';
import { after, mayEnd, nextNames, requiredNames } from './content-model.ts';
import type { AttributeDeclaration, ElementDeclaration, Particle } from './dtd.ts';
import { FOREIGN, isXmlAttribute, type PlainElement } from './plain.ts';

/** characters of a sender's name that are repeated */
const NAME_SHOWN = 40;

/** One thing that is wrong, and the element to which it happened. */
export interface Fault {
  readonly at: PlainElement;
  readonly message: string;
  /** what else is wrong with that element need not be said */
  readonly covers?: true;
}

/** At most 40 characters of a name. */
export const clip = (name: string): string =>
  name.length > NAME_SHOWN ? `${name.slice(0, NAME_SHOWN)}…` : name;

const tag = (name: string): string => `<${clip(name)}>`;

const qualified = ({ prefix, local }: { prefix: string; local: string }): string =>
  prefix === '' ? local : `${prefix}:${local}`;

/** As the sender wrote it; with the namespace if it is not the one of the root element. */
function shown({ element, name }: PlainElement): string {
  const written = tag(qualified(element));
  if (name !== FOREIGN) return written;
  const { uri } = element;
  return `${written} of ${uri === '' ? 'no namespace' : `the namespace ${quote(uri)}`}`;
}

/** `a, b or c` */
function list(words: readonly string[], conjunction: 'and' | 'or'): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} ${conjunction} ${last}`;
}

const anyOf = (names: readonly string[]): string => list([...new Set(names)].map(tag), 'or');

/**
 * Describes what is wrong with an element, its attributes and its children. Of an element that the
 * definition does not declare it says only that, and nothing if its parent's content says so.
 * @param most how many faults are wanted
 */
export function faultsOf(element: PlainElement, most: number): Fault[] {
  const { declaration, parent } = element;
  if (declaration === undefined) {
    const isInAny = parent?.declaration?.content === 'ANY';
    return isInAny
      ? [{ at: element, message: `${shown(element)} is not an element of IDMEF` }]
      : [];
  }
  return [
    ...attributeFaults(element, declaration, most),
    ...contentFaults(element, declaration, most),
  ];
}

function attributeFaults(
  at: PlainElement,
  { attributes }: ElementDeclaration,
  most: number,
): Fault[] {
  const missing = new Set(attributes.filter(({ required }) => required));
  const messages: string[] = [];
  for (const attribute of at.element.attributes) {
    const { prefix, local, value } = attribute;
    const name = qualified(attribute);
    const isPlain = prefix === '' || isXmlAttribute(prefix, local);
    const declared = isPlain ? attributes.find((one) => one.name === name) : undefined;
    const meant = declared ?? attributes.find((one) => isAlike(one.name, local));
    if (meant !== undefined) missing.delete(meant);
    if (declared === undefined) messages.push(unknownAttribute(name, meant, attributes));
    else if (!isAllowed(declared, value))
      messages.push(`${name}=${quote(value)}: it has to be ${wanted(declared)}`);
    if (messages.length >= most) break;
  }
  for (const { name, values } of missing) {
    const hint = values.length === 0 ? '' : `; it has to be ${list(values, 'or')}`;
    messages.push(`the attribute ${name} is missing${hint}`);
  }
  return messages.slice(0, most).map((message) => ({ at, message }));
}

/** Whether it is the declared name but for the case of its letters. */
const isAlike = (declared: string, name: string): boolean =>
  name.length === declared.length && name.toLowerCase() === declared.toLowerCase();

function unknownAttribute(
  name: string,
  meant: AttributeDeclaration | undefined,
  attributes: readonly AttributeDeclaration[],
): string {
  if (meant !== undefined) return `the attribute ${clip(name)} has to be written ${meant.name}`;
  const names = attributes.map((one) => one.name);
  const allowed = names.length === 0 ? 'none is' : `allowed are ${list(names, 'and')}`;
  return `the attribute ${clip(name)} is not allowed here; ${allowed}`;
}

/** By the definition: of an NMTOKEN libxml2 looks at ASCII only, as xmllint does. */
function isAllowed({ name, values }: AttributeDeclaration, value: string): boolean {
  if (values.length > 0) return values.includes(value);
  return name !== 'xml:lang' || /^[\w.:-]+$/.test(value);
}

const wanted = ({ values }: AttributeDeclaration): string =>
  values.length > 0 ? list(values, 'or') : 'one word of letters, digits and . - _ :';

function contentFaults(
  element: PlainElement,
  { content }: ElementDeclaration,
  most: number,
): Fault[] {
  const { children, text, isBlank } = element;
  if (content === 'ANY') return [];
  if (content === 'text')
    return children.slice(0, most).map((child) => misplaced(child, 'its parent holds text only'));
  if (content === 'EMPTY') {
    const hasContent = children.length > 0 || text !== '' || isBlank;
    return hasContent ? [{ at: element, message: 'it has to be empty, even of white space' }] : [];
  }
  const faults = childFaults(element, content, most);
  if (text !== '') faults.push({ at: element, message: `text is not allowed here: ${text}` });
  return faults;
}

const misplaced = (child: PlainElement, expectation: string): Fault => ({
  at: child,
  message: `${shown(child)} is not allowed here; ${expectation}`,
  covers: true,
});

/** Goes on after a fault with what was probably meant, so that the other faults are found, too. */
function childFaults(element: PlainElement, content: Particle, most: number): Fault[] {
  const { children } = element;
  const faults: Fault[] = [];
  const names = allNames(content);
  let model = content;
  let told: Particle | undefined;
  for (const [index, child] of children.entries()) {
    if (faults.length >= most) return faults;
    const name = meantName(child, names);
    if (name !== child.name) faults.push(misspelt(child, name));
    const next = after(model, name);
    const rest = next ?? after(model, name, true);
    if (next === undefined && rest !== undefined)
      faults.push(...missingBefore(child, model, children.slice(index + 1)));
    if (rest === undefined) {
      const earlier = names.includes(name) ? tooLateAfter(name, content, children) : undefined;
      faults.push(earlier === undefined ? misplaced(child, expected(model)) : late(child, earlier));
      told = model;
    }
    model = rest ?? model;
  }
  return model === told ? faults : [...faults, ...missingAtEnd(element, model)];
}

const misspelt = (child: PlainElement, name: string): Fault => ({
  at: child,
  message: `${shown(child)} has to be written ${tag(name)}`,
  covers: true,
});

const late = (child: PlainElement, earlier: PlainElement): Fault => ({
  at: child,
  message: `${shown(child)} has to come before ${shown(earlier)}`,
});

/** What has to come before a child and has not; if it comes later, that is said there. */
function missingBefore(
  child: PlainElement,
  model: Particle,
  later: readonly PlainElement[],
): Fault[] {
  const required = requiredNames(model);
  if (required.length === 0) return [misplaced(child, expected(model))];
  if (later.some(({ name }) => required.includes(name))) return [];
  return [{ at: child, message: `${anyOf(required)} is missing before ${shown(child)}` }];
}

/** The first of the children that may come after one of that name, but not before it. */
function tooLateAfter(
  name: string,
  content: Particle,
  children: readonly PlainElement[],
): PlainElement | undefined {
  return children.find(
    (child) => canFollow(content, name, child.name) && !canFollow(content, child.name, name),
  );
}

/** Whether the second may come somewhere after the first. */
function canFollow(content: Particle, first: string, second: string): boolean {
  const rest = after(content, first, true);
  return rest !== undefined && after(rest, second, true) !== undefined;
}

function missingAtEnd(element: PlainElement, content: Particle): Fault[] {
  const faults: Fault[] = [];
  let model: Particle | undefined = content;
  while (model !== undefined && !mayEnd(model)) {
    const required = requiredNames(model);
    faults.push({ at: element, message: `${anyOf(required)} is missing` });
    model = after(model, required[0] ?? '', true);
  }
  return faults;
}

/** The name of a child, but for the case of its letters. */
function meantName({ name }: PlainElement, names: readonly string[]): string {
  if (names.includes(name)) return name;
  return names.find((one) => isAlike(one, name)) ?? name;
}

const allNames = (model: Particle): string[] =>
  model.kind === 'name' ? [model.name] : model.items.flatMap(allNames);

function expected(model: Particle): string {
  const names = nextNames(model);
  return names.length === 0 ? 'nothing more may come here' : `expected ${anyOf(names)}`;
}
