import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { onEnd, type Scope } from './cleanup.ts';
import { mustRun, run } from './run.ts';
import { tempFolder } from './temp.ts';
import { tool } from './tools.ts';

const PIECE = Buffer.alloc(64 * 1024);

/** A small file system in memory, which can be filled up; unmounted at the end. */
export class Tmpfs {
  readonly path: string;
  readonly #filler: string;

  private constructor(path: string) {
    this.path = path;
    this.#filler = join(path, 'filler');
  }

  /** @param megabytes its size */
  static async mount(scope: Scope, megabytes: number): Promise<Tmpfs> {
    const path = join(tempFolder(scope), 'queue');
    mkdirSync(path);
    const mount = tool('mount', 'mount');
    await mustRun(mount, ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', path]);
    onEndUnmount(scope, path);
    return new Tmpfs(path);
  }

  /** What is in its top folder. */
  names(): string[] {
    return readdirSync(this.path);
  }

  /** Takes all the space that is left. */
  fill(): void {
    const file = openSync(this.#filler, 'a');
    try {
      for (;;) writeSync(file, PIECE);
    } catch {
      // ENOSPC, as wanted
    } finally {
      closeSync(file);
    }
  }

  /** Gives the space free that `fill` has taken. */
  clear(): void {
    rmSync(this.#filler, { force: true });
  }

  /**
   * Makes it read-only for all that open files by their names from now on: what a remount does,
   * which the kernel refuses while files are open for writing.
   * @returns the function that undoes it
   */
  async makeReadOnly(scope: Scope): Promise<() => Promise<void>> {
    const mount = tool('mount', 'mount');
    // made read-only elsewhere: in its place somebody could open a file before, and keep it busy
    const aside = `${this.path}.read-only`;
    mkdirSync(aside, { recursive: true });
    await mustRun(mount, ['--bind', this.path, aside]);
    try {
      await mustRun(mount, ['-o', 'remount,bind,ro', aside]);
      await mustRun(mount, ['--bind', aside, this.path]);
      onEndUnmount(scope, this.path);
    } finally {
      await mustRun(tool('umount', 'mount'), ['-l', aside]);
    }
    return async () => {
      await mustRun(tool('umount', 'mount'), [this.path]);
    };
  }
}

function onEndUnmount(scope: Scope, path: string): void {
  const umount = tool('umount', 'mount');
  onEnd(
    scope,
    async () => {
      // what still uses it keeps it, but below this path there is nothing of it any more
      await run(umount, ['-l', path]);
    },
    () => {
      spawnSync(umount, ['-l', path]);
    },
  );
}
