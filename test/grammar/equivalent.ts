import type { Scope } from '../helpers/cleanup.ts';
import { Random } from '../idmef/random.ts';
import { compare, type Compared } from './compare.ts';
import { DRAFT, RFC } from './dialects.ts';
import { Judges } from './judge.ts';
import { mutants } from './mutate.ts';
import { probes } from './probes.ts';
import { asSent, refused, translated } from './sources.ts';
import { judgeByWasm } from './wasm.ts';

const LONGEST = 12_000;

/** How much of it. */
export interface EquivalenceOptions {
  mutants: number;
  seed: number;
  /** how many of each element are made to be changed in every way */
  instances: number;
  /** documents that xmllint-wasm judges, too */
  sample: number;
}

/** What was found. */
export interface Equivalence {
  readonly documents: readonly Compared[];
  readonly mutants: readonly Compared[];
  /** each element a DTD declares, with everything changed once */
  readonly probes: readonly Compared[];
  readonly wasm: { readonly asked: number; readonly different: readonly string[] };
}

/**
 * Compares the grammar with the DTDs on the documents of the corpus, on mutants of them, and on
 * every element that the DTDs declare.
 */
export async function findDifferences(
  scope: Scope,
  options: EquivalenceOptions,
): Promise<Equivalence> {
  const judges = new Judges(scope);
  const good = asSent();
  const bad = await refused(judges);
  const documents = await compare(judges, [...good, ...bad, ...translated(good)]);
  const bases = documents
    .filter(({ document }) => document.source.length <= LONGEST && !bad.includes(document))
    .map(({ document, normal }) => ({ ...document, valid: normal.valid === true }));
  const changed = await compare(judges, mutants(bases, options.mutants, options.seed));
  const { instances, seed } = options;
  const probed = await compare(
    judges,
    [RFC, DRAFT].flatMap((dialect) => probes(dialect, instances, seed)),
  );
  const sample = new Random(seed).shuffle([...changed, ...probed]).slice(0, options.sample);
  const wasm = await compareWasm([...documents, ...sample]);
  return { documents, mutants: changed, probes: probed, wasm };
}

async function compareWasm(all: readonly Compared[]): Promise<Equivalence['wasm']> {
  const said = await judgeByWasm(all.map(({ document }) => document.source));
  const different = all
    .filter(({ grammar }, index) => said[index] !== grammar.valid)
    .map(({ document }) => document.name);
  return { asked: all.length, different };
}
