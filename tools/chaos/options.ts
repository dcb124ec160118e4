/** The command line of scripts/chaos. */
import minimist from 'minimist';
import { SETTINGS, type Setting } from './setting.ts';
import type { ChaosOptions } from './run.ts';

/** What to do. */
export interface CommandLine {
  readonly settings: readonly Setting[];
  /** how many settings are tried at the same time */
  readonly parallel: number;
  /** try a program that has to lose alerts */
  readonly control: boolean;
  /** for each setting */
  readonly options: ChaosOptions;
}

const DEFAULTS = { seconds: 720, faults: 200, alerts: 50_000, senders: 8, parallel: 1 };
/** enough for losses */
const CONTROL_DEFAULTS = { ...DEFAULTS, seconds: 120, faults: 10, alerts: 2000 };
const NUMBERS = ['seconds', 'faults', 'alerts', 'senders', 'seed', 'parallel'] as const;
const USAGE = `usage: scripts/chaos [--settings all|NAME,...] [--control] ${NUMBERS.map(
  (name) => `[--${name} N]`,
).join(' ')}; settings: ${SETTINGS.map(({ name }) => name).join(' ')}`;

/** Reads the arguments. @throws Error that says what is wrong with them */
export function readCommandLine(args: string[]): CommandLine {
  const parsed = minimist(args, {
    string: ['settings'],
    boolean: ['control'],
    unknown: (argument) => {
      const isKnown = NUMBERS.some((name) => argument.replace(/=.*/, '') === `--${name}`);
      if (!isKnown) throw new Error(`unknown argument ${argument}; ${USAGE}`);
      return true;
    },
  });
  const control = parsed['control'] === true;
  const values = {
    ...(control ? CONTROL_DEFAULTS : DEFAULTS),
    seed: Math.floor(Math.random() * 1_000_000),
  };
  const number = (name: (typeof NUMBERS)[number], least = 0): number => {
    const value: unknown = parsed[name] ?? values[name];
    if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value;
    throw new Error(`--${name} takes a number from ${least}; ${USAGE}`);
  };
  const named: unknown = parsed['settings'] ?? 'single';
  return {
    settings: settingsOf(String(named)),
    parallel: number('parallel', 1),
    control,
    options: {
      seconds: number('seconds'),
      faults: number('faults'),
      alerts: number('alerts'),
      senders: number('senders', 1),
      seed: number('seed'),
    },
  };
}

function settingsOf(text: string): Setting[] {
  if (text === 'all') return [...SETTINGS];
  return text.split(',').map((wanted) => {
    const setting = SETTINGS.find(({ name }) => name === wanted);
    if (setting === undefined) throw new Error(`unknown setting "${wanted}"; ${USAGE}`);
    return setting;
  });
}
