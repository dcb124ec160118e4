import type { Random } from '../../test/idmef/random.ts';
import type { AttributeDeclaration } from '../../src/validate/dtd.ts';
import { growAttribute } from './grow.ts';
import { anyOf, anyPlace, declaredName, type Mutation, type Subject } from './mutation.ts';
import { places, XML_NAMESPACE, type Attribute, type Element } from './tree.ts';

function withAttributes({
  tree,
  random,
}: Subject): { element: Element; index: number } | undefined {
  const all = places(tree.root).flatMap(({ element }) =>
    element.attributes.map((_attribute, index) => ({ element, index })),
  );
  return anyOf(all, random);
}

function has({ attributes }: Element, { namespace, name }: Attribute): boolean {
  return attributes.some((one) => one.name === name && one.namespace === namespace);
}

/** XML allows an attribute only once. */
function add(element: Element | undefined, attribute: Attribute): boolean {
  if (element === undefined || has(element, attribute)) return false;
  element.attributes.push(attribute);
  return true;
}

const removed: Mutation = (subject) => {
  const found = withAttributes(subject);
  found?.element.attributes.splice(found.index, 1);
  return found !== undefined;
};

/** Twice under one name is not XML: the second has a prefix. */
const doubled: Mutation = (subject) => {
  const found = withAttributes(subject);
  const attribute = found?.element.attributes[found.index];
  if (found === undefined || attribute?.namespace !== '') return false;
  const namespace = subject.tree.root.namespace || 'urn:other';
  return add(found.element, { ...attribute, namespace });
};

const moved: Mutation = (subject) => {
  const found = withAttributes(subject);
  const [attribute] = found?.element.attributes.splice(found.index, 1) ?? [];
  return attribute !== undefined && add(anyPlace(subject)?.element, attribute);
};

const renamed: Mutation = (subject) => {
  const found = withAttributes(subject);
  const [attribute] = found?.element.attributes.splice(found.index, 1) ?? [];
  if (found === undefined || attribute === undefined) return false;
  const name = anyDeclared(subject)?.name ?? 'ident';
  if (name.includes(':')) return false;
  return add(found.element, { ...attribute, name });
};

function anyDeclared(subject: Subject): AttributeDeclaration | undefined {
  const { dialect, random } = subject;
  const all = [...dialect.dtd.values()].flatMap(({ attributes }) => attributes);
  return anyOf(all, random);
}

/** Declared for this element. */
const added: Mutation = (subject) => {
  const element = anyPlace(subject)?.element;
  const declaration = subject.dialect.dtd.get(element?.name ?? '');
  const attribute = anyOf(declaration?.attributes ?? [], subject.random);
  return attribute !== undefined && add(element, growAttribute(attribute, subject.random));
};

/** Declared for another element. */
const misplaced: Mutation = (subject) => {
  const declaration = anyDeclared(subject);
  const element = anyPlace(subject)?.element;
  return declaration !== undefined && add(element, growAttribute(declaration, subject.random));
};

const unknownAdded: Mutation = (subject) => {
  const namespace = subject.random.pick(['', 'urn:other', subject.tree.root.namespace]);
  return add(anyPlace(subject)?.element, { namespace, name: 'unknown', value: 'x' });
};

const changed: Mutation = (subject) => {
  const { dialect, random } = subject;
  const all = places(subject.tree.root).flatMap(({ element }) =>
    element.attributes.filter(({ name }) =>
      dialect.dtd
        .get(element.name)
        ?.attributes.some((one) => one.name === name && one.values.length > 0),
    ),
  );
  const attribute = anyOf(all, random);
  if (attribute !== undefined) attribute.value = otherValue(attribute.value, subject, random);
  return attribute !== undefined;
};

function otherValue(value: string, subject: Subject, random: Random): string {
  const other = anyOf(anyDeclared(subject)?.values ?? [], random) ?? 'other';
  return random.pick([
    other,
    other,
    value.toUpperCase(),
    ` ${value}`,
    `${value}&#10;`,
    '',
    declaredName(subject),
  ]);
}

const language: Mutation = (subject) => {
  const value = subject.random.pick(['en', 'de-AT', 'i:x_1.é', '', ' en', 'en fr', 'a&#9;', 'é/']);
  return add(anyPlace(subject)?.element, { namespace: XML_NAMESPACE, name: 'lang', value });
};

/** By what they do. */
export const ATTRIBUTE_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'attribute removed': removed,
  'attribute doubled': doubled,
  'attribute moved': moved,
  'attribute renamed': renamed,
  'attribute added': added,
  'attribute of another element added': misplaced,
  'unknown attribute added': unknownAdded,
  'enumeration value changed': changed,
  'language added': language,
};
