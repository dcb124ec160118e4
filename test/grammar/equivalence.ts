/** `scripts/equivalence`: options, a run, its tables, the exit status. */
import minimist from 'minimist';
import type { Scope } from '../helpers/cleanup.ts';
import { findDifferences, type EquivalenceOptions } from './equivalent.ts';
import { byMutation, examples, report, unexplained } from './report.ts';

const DEFAULTS: EquivalenceOptions = { mutants: 6000, seed: 1, instances: 12, sample: 1000 };
const OPTIONS = ['mutants', 'seed', 'instances', 'sample'] as const;
const USAGE = `usage: scripts/equivalence ${OPTIONS.map((name) => `[--${name} N]`).join(' ')}`;

function readOptions(args: string[]): EquivalenceOptions {
  const parsed = minimist(args);
  const unknown = Object.keys(parsed).find(
    (name) => name !== '_' && !OPTIONS.some((option) => option === name),
  );
  if (unknown !== undefined) fail(`unknown option --${unknown}`);
  if (parsed._.length > 0) fail(`unknown argument ${parsed._.join(' ')}`);
  const number = (name: keyof EquivalenceOptions): number => {
    const value: unknown = parsed[name] ?? DEFAULTS[name];
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    return fail(`--${name} wants a number`);
  };
  return {
    mutants: number('mutants'),
    seed: number('seed'),
    instances: number('instances'),
    sample: number('sample'),
  };
}

function fail(message: string): never {
  console.error(`scripts/equivalence: ${message}; ${USAGE}`);
  process.exit(2);
}

async function main(): Promise<boolean> {
  const options = readOptions(process.argv.slice(2));
  const undos: (() => Promise<void>)[] = [];
  const scope: Scope = { after: (undo) => undos.push(undo) };
  try {
    const found = await findDifferences(scope, options);
    console.log(`${examples(found)}\n\n${byMutation(found)}\n\n${report(found)}`);
    return unexplained(found).length + found.wasm.different.length === 0;
  } finally {
    for (const undo of undos) await undo();
  }
}

process.exitCode = (await main()) ? 0 : 1;
