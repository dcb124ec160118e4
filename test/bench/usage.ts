/** What processes use: processor time and memory, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** proc(5): times of /proc/PID/stat are in these units */
const TICKS_PER_SECOND = 100;

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // it has ended
    return '';
  }
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly seconds: number;
  /** of children that have ended */
  readonly childrenSeconds: number;
}

function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const [, name = '', rest = ''] = /\((.*)\) (.*)/s.exec(read(`/proc/${pid}/stat`)) ?? [];
      // state and ppid are the fields 3 and 4, utime and stime 14 and 15, those of children 16 and 17
      const fields = rest.split(' ').map(Number);
      const parent = fields[1];
      if (parent === undefined) return [];
      const sum = (from: number): number =>
        fields.slice(from, from + 2).reduce((ticks, value) => ticks + value, 0) / TICKS_PER_SECOND;
      return [{ pid: Number(pid), parent, name, seconds: sum(11), childrenSeconds: sum(13) }];
    });
}

function isBelow(root: number, process: Process, all: ReadonlyMap<number, Process>): boolean {
  for (let at: Process | undefined = process; at !== undefined; at = all.get(at.parent))
    if (at.pid === root) return true;
  return false;
}

/**
 * Processor seconds so far of a process and those below it.
 * @param counts whether a process of this name belongs to it
 */
export function secondsOf(root: number, counts: (name: string) => boolean): number {
  const all = processes();
  const byPid = new Map(all.map((process) => [process.pid, process]));
  return all
    .filter((process) => counts(process.name) && isBelow(root, process, byPid))
    .reduce((sum, { seconds }) => sum + seconds, 0);
}

/** Processor seconds of children of a process that have ended. */
export function endedSecondsOf(pid: number): number {
  return processes().find((process) => process.pid === pid)?.childrenSeconds ?? 0;
}

/** Resident bytes of a process and those below it that have the name. */
export function residentOf(root: number, counts: (name: string) => boolean): number {
  const all = processes();
  const byPid = new Map(all.map((process) => [process.pid, process]));
  return all
    .filter((process) => counts(process.name) && isBelow(root, process, byPid))
    .map(({ pid }) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0))
    .reduce((sum, kilobytes) => sum + kilobytes * 1024, 0);
}

/** Node's own name, or the one that it has as the leader of its threads. */
export const isGateway = (name: string): boolean => name === 'node' || name === 'MainThread';
