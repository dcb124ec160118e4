/** `scripts/chaos`: options, runs, their table, the exit status. */
import type { Scope } from '../../test/helpers/cleanup.ts';
import { inProject } from '../../test/helpers/root.ts';
import { programWithoutRule } from './control.ts';
import { allLanes, controlLanes } from './lanes.ts';
import { readCommandLine, type CommandLine } from './options.ts';
import { report } from './report.ts';
import { isKept, losses, type ChaosResult } from './result.ts';
import { runChaos, type Trial } from './run.ts';
import type { Setting } from './setting.ts';

/** between the seeds of the settings of one run, so that each makes other choices */
const SEED_STEP = 10_000;

const { settings, parallel, control, options } = commandLine();

function commandLine(): CommandLine {
  try {
    return readCommandLine(process.argv.slice(2));
  } catch (error) {
    console.error(`scripts/chaos: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(2);
  }
}

/** Gives a scope to an action, and undoes all that was made in it. */
async function withScope<T>(action: (scope: Scope) => Promise<T>): Promise<T> {
  const undos: (() => Promise<void>)[] = [];
  try {
    return await action({ after: (undo) => undos.push(undo) });
  } finally {
    // what cannot be undone must not hide the action's error
    for (const undo of undos)
      await undo().catch((error: unknown) => {
        console.error(error);
        process.exitCode = 1;
      });
  }
}

function trySetting(setting: Setting, index: number): Promise<ChaosResult> {
  return withScope((scope) => {
    const trial: Trial = {
      setting,
      options: { ...options, seed: options.seed + index * SEED_STEP },
      program: control ? programWithoutRule(scope) : inProject('scripts/secef'),
      lanes: control ? controlLanes : allLanes,
    };
    return runChaos(scope, trial, (line) => {
      console.log(line);
    });
  });
}

/** Tries the settings, some of them at the same time; one that cannot go on does not stop the others. */
async function tryAll(): Promise<ChaosResult[]> {
  const results: ChaosResult[] = [];
  const waiting = [...settings.entries()];
  const take = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, setting] = next;
      try {
        results[index] = await trySetting(setting, index);
      } catch (error) {
        console.error(`${setting.name}: cannot go on:`, error);
        process.exitCode = 1;
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, take));
  // without holes
  return results.flat();
}

console.log(`seed ${options.seed}`);
const results = await tryAll();
console.log(`\n${report(results)}`);
if (control) {
  const hasLost =
    results.length > 0 && results.every((result) => losses(result).byGateway.length > 0);
  console.log(
    hasLost ? '\nThe control loses alerts, as it has to.' : '\nThe control lost nothing!',
  );
  process.exitCode ??= hasLost ? 0 : 1;
} else {
  process.exitCode ??= results.every(isKept) ? 0 : 1;
}
