/**
 * Compares the verdicts of --valid-dtd with those of `xmllint --noout --dtdvalid`, by prelude-manager's
 * DTD and by that of the 2004 draft: on the corpus, on mutants of it and on every single element.
 *
 *   npx tsc && node --enable-source-maps build/tools/dtd-verdicts/main.js
 *     [--mutants N] [--seed N] [--instances N]
 *
 * With the same seed (1) the documents are the same. It needs libxml2-utils, which scripts/test
 * installs, and takes a minute for 6000 mutants and 12 instances of each element.
 *
 * Exit status: 0 if every difference has a known reason; 1 otherwise; 2 for wrong arguments.
 */
import { parseArgs } from 'node:util';
import type { Scope } from '../../test/helpers/cleanup.ts';
import { compareVerdicts, report, unexplained, type Amounts } from './verdicts.ts';

const OPTIONS = {
  mutants: { type: 'string', default: '6000' },
  seed: { type: 'string', default: '1' },
  instances: { type: 'string', default: '12' },
} as const;

function readAmounts(): Amounts {
  const number = (name: string, text: string): number => {
    if (/^\d+$/.test(text)) return Number(text);
    throw new Error(`--${name} wants a number, not "${text}"`);
  };
  try {
    const { mutants, seed, instances } = parseArgs({ options: OPTIONS }).values;
    return {
      mutants: number('mutants', mutants),
      seed: number('seed', seed),
      instances: number('instances', instances),
    };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

const amounts = readAmounts();
const undos: (() => Promise<void>)[] = [];
const scope: Scope = { after: (undo) => undos.push(undo) };
try {
  const verdicts = await compareVerdicts(scope, amounts);
  console.log(report(verdicts));
  process.exitCode = unexplained(verdicts).length === 0 ? 0 : 1;
} finally {
  for (const undo of undos) await undo();
}
