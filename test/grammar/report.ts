import type { Compared } from './compare.ts';
import { UNEXPLAINED } from './compare.ts';
import { dialectOf } from './dialects.ts';
import type { Equivalence } from './equivalent.ts';

/** What the README has a table of. */
const EXAMPLES = /^(?:rfc-.*|real-secef-whoami)\.xml$/;
const SHOWN = 20;

/** Documents about which the grammar and the DTD differ, and nobody knows why. */
export function unexplained({ documents, mutants, probes }: Equivalence): Compared[] {
  return [...documents, ...mutants, ...probes].filter(({ reason }) => reason === UNEXPLAINED);
}

/** The figures and differences, for a human. */
export function report(found: Equivalence): string {
  const all = [...found.documents, ...found.mutants, ...found.probes];
  const lines = [
    `documents ${found.documents.length}, mutants ${found.mutants.length}, single elements ${found.probes.length}, ${summary(all)}`,
    ...count(all, ({ reason }) => reason).map(([reason, times]) => `  ${times}  ${reason}`),
    `valid by the DTD without what it cannot deal with: ${shareOfValid(found.documents)} of the documents, ${shareOfValid(found.mutants)} of the mutants, ${shareOfValid(found.probes)} of the single elements`,
    `xmllint-wasm: asked about ${found.wasm.asked}, differs from xmllint in ${found.wasm.different.length}`,
    ...found.wasm.different,
    ...unexplained(found).slice(0, SHOWN).map(describe),
  ];
  return lines.join('\n');
}

function summary(all: readonly Compared[]): string {
  const different = all.filter(({ reason }) => reason !== '').length;
  return `agreed ${all.length - different}, differences by reason: ${different === 0 ? 'none' : different}`;
}

function shareOfValid(all: readonly Compared[]): string {
  return `${all.filter(({ normal }) => normal.valid).length} of ${all.length}`;
}

function describe({ document, grammar, normal }: Compared): string {
  return [
    `${UNEXPLAINED}: ${document.name}`,
    ...grammar.messages.map((message) => `  grammar: ${message}`),
    ...normal.messages.map((message) => `  DTD: ${message}`),
    document.source.toString(),
  ].join('\n');
}

/** How many mutants and how many of them valid, by what was done to them. */
export function byMutation(found: Equivalence): string {
  const single = found.mutants.filter(({ document }) => document.kinds.length === 1);
  const kind = ({ document }: Compared): string =>
    `${dialectOf(document.tree.root.namespace).title}: ${document.kinds.join()}`;
  const valid = new Map(
    count(
      single.filter(({ normal }) => normal.valid),
      kind,
    ),
  );
  const rows = count(single, kind).map(
    ([name, times]) => `  ${times}  ${name}, valid ${valid.get(name) ?? 0}`,
  );
  return ['single mutations:', ...rows].join('\n');
}

/** The verdicts of the RFC's own examples. */
export function examples({ documents }: Equivalence): string {
  const rows = documents
    .filter(({ document }) => EXAMPLES.test(document.name))
    .map(({ document, dtd, normal, grammar }) => {
      const verdicts = [dtd, normal, grammar].map(({ valid }) => (valid ? 'valid' : 'not valid'));
      const why = new Set(normal.messages.map(complaint));
      return `| ${[document.name, ...verdicts, [...why].join('; ')].join(' | ')} |`;
    });
  return [
    '| document | DTD, as it is | DTD, without prefixes | grammar | why |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function complaint(message: string): string {
  return message
    .replace(/^.* error : /, '')
    .replace(/\bforeign-(?:\d+-)?/g, '')
    .trim();
}

function count<T>(items: readonly T[], name: (item: T) => string): [string, number][] {
  const counts = new Map<string, number>();
  for (const item of items) {
    const key = name(item);
    if (key !== '') counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a.localeCompare(b));
}
