/** A file system on a disk that forgets unflushed sectors when its power is cut (see disk.c). */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../chaos/random.ts';
import { onEnd, type Scope } from '../../test/helpers/cleanup.ts';
import { isRecord } from '../../test/helpers/narrow.ts';
import { Service } from '../../test/helpers/processes.ts';
import { inProject } from '../../test/helpers/root.ts';
import { mustRun, run } from '../../test/helpers/run.ts';
import { tempFolder } from '../../test/helpers/temp.ts';
import { tool } from '../../test/helpers/tools.ts';
import { until } from '../../test/helpers/until.ts';

export type FileSystem = 'ext4' | 'xfs';

/** mkfs.xfs refuses less than 300 MB; memory is used only for what is written. */
const MEGABYTES = 320;
const START_TIMEOUT_MS = 10_000;
/** until the last process that used the file system has ended */
const UNMOUNT_TIMEOUT_MS = 20_000;

/** -K and nodiscard: the disk has no discard. */
const MAKE: Record<FileSystem, { readonly args: readonly string[]; readonly package: string }> = {
  ext4: { args: ['-q', '-F', '-E', 'nodiscard'], package: 'e2fsprogs' },
  xfs: { args: ['-q', '-f', '-K'], package: 'xfsprogs' },
};

/** What the disk has counted. */
export interface DiskCounts {
  readonly writes: number;
  readonly flushes: number;
  /** sectors that were not flushed when the power was cut, and survived */
  readonly kept: number;
  /** … and were forgotten */
  readonly dropped: number;
}

/**
 * Fails with what to do if this machine cannot have such a disk.
 * @throws Error that names what is missing
 */
function assertPossible(fileSystem: FileSystem): void {
  if (process.getuid?.() !== 0)
    throw new Error('a disk for power losses takes root: run this as root');
  for (const device of ['/dev/fuse', '/dev/loop-control'])
    if (!existsSync(device))
      throw new Error(
        `${device} is missing, so this machine cannot have a disk for power losses: load the kernel modules fuse and loop, and in a container pass both devices`,
      );
  if (!new RegExp(`^\\s+${fileSystem}$`, 'm').test(readFileSync('/proc/filesystems', 'utf8')))
    throw new Error(`the kernel has no ${fileSystem}: modprobe ${fileSystem}`);
}

/** Compiles disk.c. @returns the program's path */
async function compile(scope: Scope): Promise<string> {
  const program = join(tempFolder(scope), 'disk');
  const pkgConfig = await run(tool('pkg-config', 'pkg-config'), ['fuse3', '--cflags', '--libs']);
  if (pkgConfig.code !== 0)
    throw new Error(`libfuse 3 is missing: apt-get install libfuse3-dev (${pkgConfig.stderr})`);
  const source = inProject('tools/powerloss/disk.c');
  const libraries = pkgConfig.stdout.trim().split(/\s+/);
  const options = ['-O2', '-Wall', '-Wextra', '-Werror'];
  await mustRun(tool('gcc', 'gcc'), [...options, source, '-o', program, ...libraries]);
  return program;
}

/** A mounted file system whose disk can lose its power. */
export class VolatileDisk {
  /** where the file system is mounted */
  readonly path: string;
  readonly #folder: string;
  #device: string | undefined;
  #mounted = false;

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, 'mounted');
  }

  /** Makes a new disk with an empty file system; both last as long as the scope. */
  static async create(scope: Scope, fileSystem: FileSystem): Promise<VolatileDisk> {
    assertPossible(fileSystem);
    tool('fusermount3', 'fuse3');
    const make = tool(`mkfs.${fileSystem}`, MAKE[fileSystem].package);
    const program = await compile(scope);
    const folder = tempFolder(scope);
    const medium = join(folder, 'medium');
    mkdirSync(medium);
    const disk = new VolatileDisk(folder);
    mkdirSync(disk.path);
    const service = new Service(scope, program, [medium, `${MEGABYTES}`]);
    await service.waitFor(() => existsSync(join(medium, 'disk')), START_TIMEOUT_MS, 'FUSE disk');
    onEnd(
      scope,
      async () => {
        await disk.#detach();
      },
      () => undefined,
    );
    await disk.#attach();
    await mustRun(make, [...MAKE[fileSystem].args, disk.#attached()]);
    await disk.#mount();
    return disk;
  }

  /** Cuts the power, at this very moment: everything that uses the disk gets EIO from now on. */
  cut(): void {
    this.#command('off');
  }

  /**
   * Forgets what the power loss has cost and mounts the file system again, which replays its
   * journal. Whoever used it must have ended.
   */
  async restore(random: Random): Promise<void> {
    await this.#detach();
    // Often nothing or everything survives, as far as a cache is written back in the background.
    const keep = random.chance(0.3) ? 0 : random.between(0, 1000);
    this.#command(`on ${keep} ${random.between(0, 2 ** 31)}`);
    await this.#attach();
    await this.#mount();
  }

  counts(): DiskCounts {
    const counts: unknown = JSON.parse(readFileSync(this.#control, 'utf8'));
    if (!isRecord(counts)) throw new Error('the disk gives no counts');
    const count = (name: keyof DiskCounts): number => Number(counts[name]);
    return {
      writes: count('writes'),
      flushes: count('flushes'),
      kept: count('kept'),
      dropped: count('dropped'),
    };
  }

  get #control(): string {
    return join(this.#folder, 'medium', 'control');
  }

  #command(text: string): void {
    writeFileSync(this.#control, text, { flag: 'r+' });
  }

  #attached(): string {
    if (this.#device === undefined) throw new Error('the disk has no loop device');
    return this.#device;
  }

  async #attach(): Promise<void> {
    const medium = join(this.#folder, 'medium', 'disk');
    const losetup = tool('losetup', 'mount');
    this.#device = (await mustRun(losetup, ['--find', '--show', medium])).trim();
  }

  async #mount(): Promise<void> {
    await mustRun(tool('mount', 'mount'), [this.#attached(), this.path]);
    this.#mounted = true;
  }

  async #detach(): Promise<void> {
    const umount = tool('umount', 'mount');
    if (this.#mounted)
      await until(
        async () => (await run(umount, [this.path])).code === 0,
        UNMOUNT_TIMEOUT_MS,
        () => `${this.path} can be unmounted`,
      );
    this.#mounted = false;
    if (this.#device !== undefined)
      await mustRun(tool('losetup', 'mount'), ['--detach', this.#device]);
    this.#device = undefined;
  }
}
