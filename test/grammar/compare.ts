import { dialectOf } from './dialects.ts';
import type { Judges, Verdict } from './judge.ts';
import { normalised, STEPS } from './normalise.ts';
import type { Written } from './sample.ts';

/** A document and what the two say of it. */
export interface Compared {
  readonly document: Written;
  readonly grammar: Verdict;
  /** of the document as it was sent */
  readonly dtd: Verdict;
  /** of the document with all taken out that the DTD cannot deal with */
  readonly normal: Verdict;
  /** why the grammar and the DTD differ about the document as it was sent; '' where they agree */
  readonly reason: string;
}

/** What is left when no step makes the two agree. */
export const UNEXPLAINED = 'not explained';

/** Asks both about every document, and for the reason where they differ. */
export async function compare(judges: Judges, documents: readonly Written[]): Promise<Compared[]> {
  const grammar = await judges.grammar(documents.map(({ source }) => source));
  const dtd = await byDtd(judges, documents, ({ source }) => source);
  const normal = await byDtd(judges, documents, ({ tree }) => normalised(tree));
  const all = documents.map((document, index) => {
    const said = [grammar[index], dtd[index], normal[index]];
    const [ours, theirs, right] = said;
    if (ours?.valid === undefined || theirs?.valid === undefined || right?.valid === undefined)
      throw new Error(
        `${document.name} is not XML: ${said.flatMap((one) => one?.messages ?? []).join('\n')}`,
      );
    const reason = ours.valid === theirs.valid ? '' : UNEXPLAINED;
    return { document, grammar: ours, dtd: theirs, normal: right, reason };
  });
  return explain(judges, all);
}

async function explain(judges: Judges, all: readonly Compared[]): Promise<Compared[]> {
  const reasons = new Map<Compared, string>();
  let open = all.filter(({ reason }) => reason !== '');
  for (const { reason, write } of STEPS) {
    const documents = open.map(({ document }) => document);
    const said = await byDtd(judges, documents, ({ tree, style }) => write(tree, style));
    for (const [index, one] of open.entries())
      if (said[index]?.valid === one.grammar.valid) reasons.set(one, reason);
    open = open.filter((one) => !reasons.has(one));
  }
  return all.map((one) => {
    // two that agree by accident about the document as it was sent must agree without it, too
    const known = one.reason === '' ? '' : (reasons.get(one) ?? UNEXPLAINED);
    return { ...one, reason: one.normal.valid === one.grammar.valid ? known : UNEXPLAINED };
  });
}

async function byDtd(
  judges: Judges,
  documents: readonly Written[],
  form: (document: Written) => string | Buffer,
): Promise<(Verdict | undefined)[]> {
  const said = new Map<Written, Verdict>();
  const paths = new Set(documents.map(pathOf));
  for (const path of paths) {
    const own = documents.filter((document) => pathOf(document) === path);
    const found = await judges.dtd(path, own.map(form));
    for (const [index, verdict] of found.entries()) {
      const document = own[index];
      if (document !== undefined) said.set(document, verdict);
    }
  }
  return documents.map((document) => said.get(document));
}

function pathOf({ tree }: Written): string {
  return dialectOf(tree.root.namespace).path;
}
