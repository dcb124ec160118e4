/** Elements that are right by a document type definition, made at random. */
import type { Random } from '../../test/idmef/random.ts';
import type { Dialect } from './dialects.ts';
import type { AttributeDeclaration, ElementDeclaration, Particle } from '../../src/validate/dtd.ts';
import { named } from './parse.ts';
import { text, XML_NAMESPACE, type Attribute, type Element, type Node } from './tree.ts';

const DEEPEST = 5;

/** A new element of that name, right by the dialect's definition unless it refers to what that lacks. */
export function grow(name: string, dialect: Dialect, random: Random, depth = 0): Element {
  const element = named(dialect.namespace, name);
  const declaration = dialect.dtd.get(name);
  if (declaration === undefined) return element;
  element.attributes = declaration.attributes
    .filter(({ required }) => required || random.oneIn(3))
    .map((attribute) => growAttribute(attribute, random));
  element.children = growContent(declaration, dialect, random, depth);
  return element;
}

/** An attribute with a value that it may have. */
export function growAttribute({ name, values }: AttributeDeclaration, random: Random): Attribute {
  const value = values[random.below(values.length)] ?? random.pick(['x', 'de-AT', '0']);
  return name.startsWith('xml:')
    ? { namespace: XML_NAMESPACE, name: name.slice(4), value }
    : { namespace: '', name, value };
}

function growContent(
  { content }: ElementDeclaration,
  dialect: Dialect,
  random: Random,
  depth: number,
): Node[] {
  if (content === 'EMPTY') return [];
  if (content === 'text') return random.oneIn(8) ? [] : [text('12')];
  const child = (name: string): Element => grow(name, dialect, random, depth + 1);
  if (content !== 'ANY')
    return growParticle(content, random, depth).flatMap((name) => [child(name), ...space(random)]);
  const names = [...dialect.dtd.keys()];
  const any = names[random.below(names.length)];
  return any === undefined || depth >= DEEPEST ? [text('any')] : [text('any '), child(any)];
}

function space(random: Random): Node[] {
  return random.oneIn(4)
    ? [random.oneIn(4) ? { kind: 'comment', source: '<!-- -->' } : text('\n ')]
    : [];
}

function growParticle(particle: Particle, random: Random, depth: number): string[] {
  const names: string[] = [];
  for (let left = times(particle.count, random, depth); left > 0; left--)
    names.push(...growOnce(particle, random, depth));
  return names;
}

function growOnce(particle: Particle, random: Random, depth: number): string[] {
  if (particle.kind === 'name') return [particle.name];
  const chosen =
    particle.kind === 'choice'
      ? particle.items.slice(random.below(particle.items.length)).slice(0, 1)
      : particle.items;
  return chosen.flatMap((item) => growParticle(item, random, depth));
}

function times(count: Particle['count'], random: Random, depth: number): number {
  const more = depth < DEEPEST;
  switch (count) {
    case '':
      return 1;
    case '?':
      return more ? random.below(2) : 0;
    case '*':
      return more ? random.below(3) : 0;
    case '+':
      return more ? 1 + random.below(2) : 1;
  }
}
