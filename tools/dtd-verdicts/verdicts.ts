import type { Scope } from '../../test/helpers/cleanup.ts';
import { compare, UNEXPLAINED, type Compared } from './compare.ts';
import { DRAFT, RFC } from './dialects.ts';
import { mutants } from './mutate.ts';
import { probes } from './probes.ts';
import { asSent, refused, translated } from './sources.ts';
import { Xmllint } from './xmllint.ts';

/** bytes of documents that are changed */
const LONGEST = 12_000;
/** unexplained differences that are printed */
const SHOWN = 20;

/** How much is compared. */
export interface Amounts {
  readonly mutants: number;
  readonly seed: number;
  /** how many of each element are made to be changed in every way */
  readonly instances: number;
}

export interface Verdicts {
  readonly documents: readonly Compared[];
  readonly mutants: readonly Compared[];
  /** each element that a definition declares, with everything changed once */
  readonly elements: readonly Compared[];
}

/**
 * Compares the gateway's verdicts with those of xmllint on the documents of the corpus, on mutants of
 * them, and on every element that the definitions declare.
 */
export async function compareVerdicts(scope: Scope, amounts: Amounts): Promise<Verdicts> {
  const xmllint = new Xmllint(scope);
  const good = asSent();
  const bad = refused();
  const documents = await compare(xmllint, [...good, ...bad, ...translated(good)]);
  const bases = documents
    .filter(({ document }) => document.source.length <= LONGEST && !bad.includes(document))
    .map(({ document, valid }) => ({ ...document, valid }));
  const { instances, seed } = amounts;
  const single = [RFC, DRAFT].flatMap((dialect) => probes(dialect, instances, seed));
  return {
    documents,
    mutants: await compare(xmllint, mutants(bases, amounts.mutants, seed)),
    elements: await compare(xmllint, single),
  };
}

const all = ({ documents, mutants: changed, elements }: Verdicts): Compared[] => [
  ...documents,
  ...changed,
  ...elements,
];

/** Documents of which the two say different things for no known reason. */
export function unexplained(verdicts: Verdicts): Compared[] {
  return all(verdicts).filter(({ reason }) => reason === UNEXPLAINED);
}

/** The figures, and the differences. */
export function report(verdicts: Verdicts): string {
  const { documents, mutants: changed, elements } = verdicts;
  const reasons = new Map<string, number>();
  for (const { reason } of all(verdicts))
    if (reason !== '') reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return [
    `documents ${share(documents)}, mutants ${share(changed)}, single elements ${share(elements)}`,
    `differences without a reason: ${unexplained(verdicts).length}; by reason:`,
    ...[...reasons].map(([reason, times]) => `  ${times}  ${reason}`),
    ...unexplained(verdicts).slice(0, SHOWN).map(describe),
  ].join('\n');
}

function share(some: readonly Compared[]): string {
  return `${some.length} (${some.filter(({ valid }) => valid).length} valid)`;
}

function describe({ document, valid }: Compared): string {
  const { name, kinds, source } = document;
  const verdict = valid ? 'valid' : 'not valid';
  return `${name} ${kinds.join()}: the gateway says ${verdict}\n${source.toString()}`;
}
