import { readdirSync, readFileSync } from 'node:fs';
import { until } from '../helpers/until.ts';

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return ''; // it has ended
  }
}

/** Processes that run now and whose command line has all of these arguments. */
export function pidsWith(...args: readonly string[]): number[] {
  return allPids().filter((pid) => {
    const commandLine = readProc(pid, 'cmdline').split('\0');
    return args.every((arg) => commandLine.includes(arg));
  });
}

/** The arguments of a process. */
export function argumentsOf(pid: number): string[] {
  return readProc(pid, 'cmdline').split('\0');
}

/** Children of a process that run a program of that name. */
export function childrenOf(parent: number, program: string): number[] {
  return allPids().filter((pid) => {
    const status = readProc(pid, 'status');
    return status.startsWith(`Name:\t${program}\n`) && status.includes(`\nPPid:\t${parent}\n`);
  });
}

/** Sends a signal; gives whether the process was still there. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Waits until SIGSTOP has come into effect: no thread of it does anything any more. */
export async function untilStopped(pid: number): Promise<void> {
  await until(
    () => readProc(pid, 'status').includes('\nState:\tT'),
    5000,
    () => `process ${pid} stopped`,
  );
}

function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}
