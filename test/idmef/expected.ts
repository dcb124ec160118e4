import { readFileSync } from 'node:fs';
import { inProject } from '../helpers/root.ts';

/** What corpus/bad/EXPECTED.md says of a document. */
export interface Expected {
  /** heading of its table */
  readonly section: string;
  /** what the oracle answers */
  readonly oracle: string;
}

/** EXPECTED.md by the name of the document. */
export function readExpected(): ReadonlyMap<string, Expected> {
  const file = inProject('test/fixtures/corpus/bad/EXPECTED.md');
  const found = new Map<string, Expected>();
  let section = '';
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line.startsWith('## ')) section = line.slice(3);
    const [, name, rest = ''] = /^\| (\S+\.xml) \|(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const oracle = rest.split(/(?<!\\)\|/)[1] ?? '';
    found.set(name, { section, oracle: oracle.trim().replaceAll('&lt;', '<') });
  }
  return found;
}
