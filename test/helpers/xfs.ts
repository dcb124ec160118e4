import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { onEnd, type Scope } from './cleanup.ts';
import { mustRun, run } from './run.ts';
import { tempFolder } from './temp.ts';
import { tool } from './tools.ts';

/** mkfs.xfs makes none that is smaller */
const SIZE = 300 * 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024);
const SMALL_PIECE = Buffer.alloc(512);

/** A small XFS in a file, as RHEL has it; unmounted at the end. Needs root and a loop device. */
export class Xfs {
  readonly path: string;
  readonly #others: string;

  private constructor(path: string) {
    this.path = path;
    this.#others = join(path, 'others');
    mkdirSync(this.#others);
  }

  static async mount(scope: Scope): Promise<Xfs> {
    const folder = tempFolder(scope);
    const image = join(folder, 'image');
    const path = join(folder, 'xfs');
    mkdirSync(path);
    writeFileSync(image, '');
    truncateSync(image, SIZE);
    // 1 % of the space for inodes, so that they can run out
    await mustRun(tool('mkfs.xfs', 'xfsprogs'), ['-q', '-i', 'maxpct=1', image]);
    await mustRun(tool('mount', 'mount'), ['-o', 'loop', image, path]);
    const umount = tool('umount', 'mount');
    onEnd(
      scope,
      async () => {
        await run(umount, ['-l', path]);
      },
      () => {
        spawnSync(umount, ['-l', path]);
      },
    );
    return new Xfs(path);
  }

  /** Takes all the space, but for that many bytes. */
  fill(left = 0): void {
    const file = openSync(join(this.#others, 'filler'), 'a');
    try {
      while (left === 0 || this.#free() > left) writeSync(file, PIECE);
      if (left === 0) for (;;) writeSync(file, SMALL_PIECE);
    } catch {
      // ENOSPC, as wanted
    } finally {
      closeSync(file);
    }
  }

  /** Takes all inodes: no file can be made any more. */
  takeInodes(): void {
    try {
      for (let number = 0; ; number++)
        writeFileSync(join(this.#others, `inode-${String(number)}`), '');
    } catch {
      // ENOSPC, as wanted
    }
  }

  /** Removes everything that is not of the queue. */
  clear(): void {
    for (const name of readdirSync(this.#others)) rmSync(join(this.#others, name));
  }

  /** Whether a file can be made. */
  takesFiles(): boolean {
    const path = join(this.#others, 'trial');
    try {
      writeFileSync(path, PIECE);
      return true;
    } catch {
      return false;
    } finally {
      rmSync(path, { force: true });
    }
  }

  #free(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }
}
