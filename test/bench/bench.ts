/** `scripts/bench`: options, the runs, the table, the exit status. */
import minimist from 'minimist';
import type { Scope } from '../helpers/cleanup.ts';
import { measure, type BenchOptions } from './measure.ts';
import { report } from './report.ts';

const DEFAULTS = {
  rounds: 5,
  seconds: 5,
  waiting: 1_000_000,
  rest: 60,
  soak: 30,
  workers: '2',
} as const;
const NUMBERS = ['rounds', 'seconds', 'waiting', 'rest', 'soak'] as const;
const USAGE =
  'usage: scripts/bench [--rounds N] [--seconds N] [--waiting N] [--rest SECONDS] [--soak MINUTES] [--workers N] [--compare COMMAND]';

function fail(message: string): never {
  console.error(`scripts/bench: ${message}; ${USAGE}`);
  process.exit(2);
}

function readOptions(args: string[]): BenchOptions {
  const known = new Set<string>([...NUMBERS, 'workers', 'compare', '_']);
  const parsed = minimist(args, { string: ['workers', 'compare'] });
  for (const name of Object.keys(parsed)) if (!known.has(name)) fail(`unknown option --${name}`);
  if (parsed._.length > 0) fail(`unknown argument ${parsed._.join(' ')}`);
  const number = (name: (typeof NUMBERS)[number]): number => {
    const value: unknown = parsed[name] ?? DEFAULTS[name];
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    return fail(`--${name} wants a number`);
  };
  const text = (name: 'workers' | 'compare', otherwise: string): string => {
    const value: unknown = parsed[name] ?? otherwise;
    return typeof value === 'string' ? value : fail(`--${name} is given twice`);
  };
  return {
    rounds: number('rounds'),
    seconds: number('seconds'),
    waiting: number('waiting'),
    rest: number('rest'),
    soak: number('soak'),
    workers: text('workers', DEFAULTS.workers),
    compare: text('compare', ''),
  };
}

async function main(): Promise<boolean> {
  const options = readOptions(process.argv.slice(2));
  const undos: (() => Promise<void>)[] = [];
  const scope: Scope = { after: (undo) => undos.push(undo) };
  try {
    const { text, good } = report(await measure(scope, options));
    console.log(`\n${text}`);
    return good;
  } finally {
    for (const undo of undos.reverse()) await undo();
  }
}

process.exitCode = (await main()) ? 0 : 1;
