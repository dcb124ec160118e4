import { DIALECTS } from './dialects.ts';
import { anyOf, anyPlace, insert, type Mutation } from './mutation.ts';
import { places, text, type Other } from './tree.ts';

const cdata = (source: string): Other => ({ kind: 'cdata', source: `<![CDATA[${source}]]>` });

const ASIDES: readonly [Other, ...Other[]] = [
  text(' \n\t'),
  text('&#32;'),
  cdata(''),
  cdata(' '),
  { kind: 'comment', source: '<!-- text -->' },
  { kind: 'instruction', source: '<?text text?>' },
];

const added: Mutation = (subject) => {
  const place = anyPlace(subject);
  const { random } = subject;
  const something = random.pick([text('x'), text(' &amp; '), text('&#65;'), cdata('<x>')]);
  if (place !== undefined) insert(place.element, something, random);
  return place !== undefined;
};

const aside: Mutation = (subject) => {
  const place = anyPlace(subject);
  const { random } = subject;
  if (place !== undefined) insert(place.element, { ...random.pick(ASIDES) }, random);
  return place !== undefined;
};

const inEmpty: Mutation = ({ tree, dialect, random }) => {
  const empty = places(tree.root).filter(
    ({ element }) => dialect.dtd.get(element.name)?.content === 'EMPTY',
  );
  const parent = anyOf(empty, random)?.element;
  if (parent !== undefined) insert(parent, { ...random.pick(ASIDES) }, random);
  return parent !== undefined;
};

const removed: Mutation = ({ tree, random }) => {
  const all = places(tree.root).map(({ element }) => element);
  const parent = anyOf(
    all.filter(({ children }) => children.some(({ kind }) => kind !== 'element')),
    random,
  );
  if (parent !== undefined)
    parent.children = parent.children.filter(({ kind }) => kind === 'element');
  return parent !== undefined;
};

const otherNamespace: Mutation = (subject) => {
  const element = anyPlace(subject)?.element;
  const { random } = subject;
  const namespace = random.pick(['urn:other', ...DIALECTS.map((one) => one.namespace)]);
  if (element?.namespace === namespace || element === undefined) return false;
  element.namespace = namespace;
  return true;
};

const declared: Mutation = (subject) => {
  const { random, dialect } = subject;
  const prefix = random.pick(['idmef', 'unused']);
  const namespace = random.pick([dialect.namespace || 'urn:other', 'urn:other']);
  anyPlace(subject)?.element.declarations.push([prefix, namespace]);
  return true;
};

/** By what they do. */
export const OTHER_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'text added': added,
  'white space, comment or instruction added': aside,
  'something in an EMPTY element': inEmpty,
  'text removed': removed,
  'namespace changed': otherNamespace,
  'namespace declared': declared,
};
