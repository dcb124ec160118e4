import { closeSync, constants, openSync, readSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onEnd, type Scope } from './cleanup.ts';
import type { Manager } from './manager.ts';
import { mustRun } from './run.ts';
import { tool } from './tools.ts';

const INTERVAL_MS = 10;
const PIPE_SIZE = 65_536;

/**
 * Makes a manager's reporting as slow as a slow database does: the file of its textmod plugin is a
 * FIFO. As long as nobody reads it the manager takes messages, acknowledges them, reports those
 * that fit into the pipe, and keeps the others in its memory.
 */
export class SlowReport {
  readonly #pipe: number;
  #timer: NodeJS.Timeout | undefined;

  private constructor(pipe: number) {
    this.#pipe = pipe;
  }

  /** @param manager one that does not run */
  static async of(scope: Scope, manager: Manager): Promise<SlowReport> {
    const path = join(dirname(manager.file), 'alerts.txt');
    rmSync(path, { force: true });
    await mustRun(tool('mkfifo', 'coreutils'), [path]);
    const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const slow = new SlowReport(pipe);
    onEnd(
      scope,
      () => {
        slow.stop();
        closeSync(pipe);
        return Promise.resolve();
      },
      () => undefined,
    );
    return slow;
  }

  /** The manager reports as fast as it can. */
  go(): void {
    this.#timer ??= setInterval(() => {
      this.#drain();
    }, INTERVAL_MS);
  }

  /** The manager reports no more than fits into the pipe. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #drain(): void {
    const buffer = Buffer.alloc(PIPE_SIZE);
    try {
      while (readSync(this.#pipe, buffer) > 0);
    } catch {
      // empty: EAGAIN
    }
  }
}
