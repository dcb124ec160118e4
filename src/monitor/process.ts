/** Figures of a process, as plain data. */
import { readdirSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface ProcessFigures {
  /** what the process is: "main", "worker-1" */
  readonly name: string;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** milliseconds since 1970 */
  readonly startedAt: number;
  /** undefined where there is no /proc */
  readonly openFiles: number | undefined;
  readonly maxFiles: number | undefined;
  /** 99 of 100 turns of the event loop were at most so late, in seconds, since the last time asked */
  readonly lagSeconds: number;
}

const RESOLUTION = 50;

function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}

function maxFiles(): number | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1');
    const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** Begins to watch this process; the function that is given back gives its figures. */
export function watchProcess(name: string): () => ProcessFigures {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  return () => {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    // its figure has the timer's own interval in it; nanoseconds, NaN if nothing was measured
    const lag = delay.percentile(99) / 1e9 - RESOLUTION / 1000;
    delay.reset();
    return {
      name,
      cpuSeconds: (user + system) / 1e6,
      residentBytes: rss,
      heapBytes: heapUsed,
      startedAt: performance.timeOrigin,
      openFiles: openFiles(),
      maxFiles: maxFiles(),
      lagSeconds: lag > 0 ? lag : 0,
    };
  };
}
