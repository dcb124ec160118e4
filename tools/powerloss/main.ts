/** `tools/powerloss`: options, a run, its figures, the exit status. See README.md. */
import minimist from 'minimist';
import type { Scope } from '../../test/helpers/cleanup.ts';
import { runCrashes, type CrashOptions, type CrashResult } from './crashes.ts';
import type { FileSystem } from './volatile-disk.ts';

const USAGE =
  'usage: node build/tools/powerloss/main.js [--fs ext4|xfs] [--crashes N] [--seed N] [--control]';

function fail(message: string): never {
  console.error(`powerloss: ${message}; ${USAGE}`);
  process.exit(2);
}

function wholeNumber(name: string, value: unknown): number {
  if (typeof value === 'string' && /^\d{1,9}$/.test(value)) return Number(value);
  return fail(`--${name} wants a number`);
}

function fileSystem(value: unknown): FileSystem {
  if (value === 'ext4' || value === 'xfs') return value;
  return fail('--fs is ext4 or xfs');
}

function readOptions(args: string[]): CrashOptions {
  const parsed = minimist(args, {
    boolean: ['control'],
    string: ['fs', 'crashes', 'seed'],
    default: { fs: 'ext4', crashes: '50', seed: `${Math.floor(Math.random() * 1_000_000)}` },
    unknown: (option) => fail(`unknown: ${option}`),
  });
  return {
    fileSystem: fileSystem(parsed['fs']),
    crashes: wholeNumber('crashes', parsed['crashes']),
    seed: wholeNumber('seed', parsed['seed']),
    control: parsed['control'] === true,
  };
}

function report(options: CrashOptions, result: CrashResult): string {
  const { disk, cuts, accepted, lost, torn, left } = result;
  return [
    `${options.fileSystem}${options.control ? ' without fdatasync (control)' : ''}, seed ${options.seed}`,
    `power losses                     ${cuts}`,
    `alerts answered 200              ${accepted}`,
    `lost                             ${lost.length}`,
    `torn                             ${torn.length}`,
    `segments left in the queue       ${left}`,
    `writes and flushes of the disk   ${disk.writes}, ${disk.flushes}`,
    `unflushed sectors lost and kept  ${disk.dropped}, ${disk.kept}`,
  ].join('\n');
}

async function main(): Promise<boolean> {
  const options = readOptions(process.argv.slice(2));
  const undos: (() => Promise<void>)[] = [];
  const scope: Scope = { after: (undo) => undos.push(undo) };
  try {
    const result = await runCrashes(scope, options, console.log);
    console.log(`\n${report(options, result)}`);
    const kept = result.lost.length + result.torn.length + result.left === 0;
    return options.control ? result.lost.length > 0 : kept;
  } finally {
    for (const undo of undos) await undo();
  }
}

process.exitCode = (await main()) ? 0 : 1;
