/** `scripts/chaos`: options, a run, its table, the exit status. */
import minimist from 'minimist';
import type { Scope } from '../helpers/cleanup.ts';
import { report } from './report.ts';
import { isKept } from './result.ts';
import { runChaos, type ChaosOptions } from './run.ts';

const DEFAULTS = { seconds: 720, faults: 200, alerts: 50_000, senders: 8 };
const OPTIONS = ['seconds', 'faults', 'alerts', 'senders', 'seed'] as const;
const USAGE = `usage: scripts/chaos ${OPTIONS.map((name) => `[--${name} N]`).join(' ')}`;

function readOptions(args: string[]): ChaosOptions {
  const defaults = { ...DEFAULTS, seed: Math.floor(Math.random() * 1_000_000) };
  const parsed = minimist(args);
  for (const name of Object.keys(parsed))
    if (name !== '_' && !OPTIONS.some((option) => option === name))
      fail(`unknown option --${name}`);
  if (parsed._.length > 0) fail(`unknown argument ${parsed._.join(' ')}`);
  const number = (name: keyof ChaosOptions): number => {
    const value: unknown = parsed[name] ?? defaults[name];
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    return fail(`--${name} wants a number`);
  };
  return {
    seconds: number('seconds'),
    faults: number('faults'),
    alerts: number('alerts'),
    senders: number('senders'),
    seed: number('seed'),
  };
}

function fail(message: string): never {
  console.error(`scripts/chaos: ${message}; ${USAGE}`);
  process.exit(2);
}

async function main(): Promise<boolean> {
  const options = readOptions(process.argv.slice(2));
  console.log(`seed ${options.seed}`);
  const undos: (() => Promise<void>)[] = [];
  const scope: Scope = { after: (undo) => undos.push(undo) };
  try {
    const result = await runChaos(scope, options, console.log);
    console.log(`\n${report(result)}`);
    return isKept(result);
  } finally {
    for (const undo of undos) await undo();
  }
}

process.exitCode = (await main()) ? 0 : 1;
