/** Documents that are nearly right, or right in an unusual way. */
import { Random } from '../../test/idmef/random.ts';
import { dialectOf } from './dialects.ts';
import { ATTRIBUTE_MUTATIONS } from './mutate-attributes.ts';
import { ELEMENT_MUTATIONS } from './mutate-elements.ts';
import { OTHER_MUTATIONS } from './mutate-text.ts';
import { anyOf } from './mutation.ts';
import type { Sample, Written } from './sample.ts';
import { write, type Style } from './write.ts';

const MUTATIONS = Object.entries({
  ...ELEMENT_MUTATIONS,
  ...ATTRIBUTE_MUTATIONS,
  ...OTHER_MUTATIONS,
});

const STYLES: readonly [Style, ...Style[]] = [
  { prefix: '', everywhere: false },
  { prefix: '', everywhere: false },
  { prefix: '', everywhere: true },
  { prefix: 'idmef', everywhere: false },
  { prefix: 'x', everywhere: false },
];

/** A document to begin with. */
export interface Base extends Sample {
  readonly valid: boolean;
}

/** So many mutants of the documents, the same for the same seed; half of them of the 2004 draft. */
export function mutants(bases: readonly Base[], count: number, seed: number): Written[] {
  const random = new Random(seed);
  const drafts = bases.filter(({ tree }) => dialectOf(tree.root.namespace).title === '2004 draft');
  const others = bases.filter((base) => !drafts.includes(base));
  return Array.from({ length: count }, (_nothing, index) =>
    mutant(index % 2 === 0 ? others : drafts, random),
  );
}

function mutant(bases: readonly Base[], random: Random): Written {
  const valid = bases.filter((base) => base.valid);
  const base = anyOf(random.oneIn(8) ? bases : valid, random);
  const donor = anyOf(bases, random);
  if (base === undefined || donor === undefined) throw new Error('no documents to begin with');
  const tree = structuredClone(base.tree);
  const dialect = dialectOf(tree.root.namespace);
  const subject = { tree, dialect, donor: donor.tree, random };
  const kinds: string[] = [];
  for (let left = random.pick([1, 1, 1, 2, 3]); left > 0;) {
    const [kind, mutation] = anyOf(MUTATIONS, random) ?? ['', () => true];
    if (!mutation(subject)) continue;
    kinds.push(kind);
    left--;
  }
  const style = random.pick(STYLES);
  return {
    name: `${base.name}: ${kinds.join(', ')}`,
    kinds,
    tree,
    style,
    source: Buffer.from(write(tree, style)),
  };
}
