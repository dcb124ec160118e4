import { readdirSync, readFileSync } from 'node:fs';
import { until } from '../../test/helpers/until.ts';

/** longer than a busy machine takes to stop a process */
const STOP_TIMEOUT_MS = 30_000;

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return ''; // it has ended
  }
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
    STOP_TIMEOUT_MS,
    () => `process ${pid} stopped`,
  );
}

function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}
