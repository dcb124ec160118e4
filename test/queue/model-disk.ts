/**
 * A disk that forgets what was not synced. In a crash a file keeps its synced bytes and any part of the
 * rest; a truncation and each change of a directory that were not synced are kept or lost. Every
 * operation can be made to fail.
 */
import { basename, dirname } from 'node:path';
import type { AppendFile, Disk, ReadFile } from '../../src/queue/files.ts';

interface Inode {
  bytes: Buffer;
  synced: Buffer;
  /** how many of the synced bytes truncations have left */
  intact: number;
}

/** A change of directories: names and the files that they lead to now, undefined for none. */
type Change = ReadonlyMap<string, Inode | undefined>;

/** What a crash does. */
export interface Crash {
  /** thousandths of the bytes not synced that each file keeps */
  readonly kept: number;
  /** whether the middle third of what is kept was not written: it holds zeros */
  readonly hole: boolean;
  /** bytes of rubbish after them */
  readonly garbage: number;
  /** bit i: the change i of a directory is kept; bit 30: truncations are */
  readonly changes: number;
}

const TRUNCATIONS = 30;

const isSet = (bits: number, bit: number): boolean => ((bits >>> bit) & 1) === 1;

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}

export class ModelDisk implements Disk {
  #entries = new Map<string, Inode>();
  #syncedEntries = new Map<string, Inode>();
  #changes: Change[] = [];
  #operations = 0;
  #failAt = new Set<number>();
  #dieAt = Infinity;
  #locked = false;
  #calm = false;
  /** operations that have failed because of `failAt` or `dieAt` */
  failures = 0;

  /** The operations with these numbers from now on fail (0 is the next one). */
  failAt(numbers: readonly number[]): void {
    this.#failAt = new Set(numbers.map((number) => this.#operations + number));
  }

  /** From that operation on the machine is dead: all fail, until `crash`. */
  dieAt(number: number): void {
    this.#dieAt = this.#operations + number;
  }

  /** Runs something whose operations neither fail nor count. */
  async calmly<T>(action: () => Promise<T>): Promise<T> {
    const before = this.#calm;
    this.#calm = true;
    try {
      return await action();
    } finally {
      this.#calm = before;
    }
  }

  /** The power comes back. */
  crash({ kept, hole, garbage, changes }: Crash): void {
    this.#changes.forEach((change, index) => {
      if (isSet(changes, index % TRUNCATIONS)) apply(change, this.#syncedEntries);
    });
    this.#changes = [];
    this.#entries = new Map(this.#syncedEntries);
    for (const inode of new Set(this.#entries.values())) {
      const isTruncated = inode.intact < inode.synced.length;
      if (isTruncated && !isSet(changes, TRUNCATIONS)) inode.bytes = inode.synced;
      else {
        const unsynced = inode.bytes.subarray(inode.intact);
        const part = Buffer.from(unsynced.subarray(0, (unsynced.length * kept) / 1000));
        if (hole) part.fill(0, Math.floor(part.length / 3), Math.floor((2 * part.length) / 3));
        const rubbish = Buffer.alloc(unsynced.length > 0 ? garbage : 0, 1);
        inode.bytes = Buffer.concat([inode.bytes.subarray(0, inode.intact), part, rubbish]);
      }
      settle(inode);
    }
    this.#failAt.clear();
    this.#dieAt = Infinity;
    this.#locked = false;
  }

  /** The bytes of all files whose names end like that. */
  bytesOf(ending: string): Buffer[] {
    return [...this.#entries]
      .filter(([path]) => path.endsWith(ending))
      .map(([, { bytes }]) => bytes);
  }

  #operate(what: string): void {
    if (this.#calm) return;
    const number = this.#operations++;
    const isDead = number >= this.#dieAt;
    if (!isDead && !this.#failAt.delete(number)) return;
    this.failures++;
    throw systemError('EIO', isDead ? `${what}: the machine is dead` : what);
  }

  #change(change: Change): void {
    apply(change, this.#entries);
    this.#changes.push(change);
  }

  #inode(path: string): Inode {
    const inode = this.#entries.get(path);
    if (inode === undefined) throw systemError('ENOENT', path);
    return inode;
  }

  async makeDirectory(): Promise<void> {
    await Promise.resolve();
    this.#operate('mkdir');
  }

  async list(directory: string): Promise<string[]> {
    await Promise.resolve();
    this.#operate('readdir');
    const names = [...this.#entries.keys()].filter((path) => dirname(path) === directory);
    return names.map((path) => basename(path));
  }

  createdAt(): Promise<number> {
    return Promise.resolve(0);
  }

  modifiedAt(): Promise<number> {
    return Promise.resolve(0);
  }

  setCreatedAt(): Promise<void> {
    return Promise.resolve();
  }

  async create(path: string): Promise<AppendFile> {
    await Promise.resolve();
    this.#operate('create');
    if (this.#entries.has(path)) throw systemError('EEXIST', path);
    const inode = { bytes: Buffer.alloc(0), synced: Buffer.alloc(0), intact: 0 };
    this.#change(new Map([[path, inode]]));
    return this.#appendFile(inode);
  }

  async openAppend(path: string): Promise<AppendFile> {
    await Promise.resolve();
    this.#operate('open');
    return this.#appendFile(this.#inode(path));
  }

  #appendFile(inode: Inode): AppendFile {
    return {
      append: async (buffers) => {
        await Promise.resolve();
        // half of it may have been written when it fails
        const all = Buffer.concat(buffers);
        inode.bytes = Buffer.concat([inode.bytes, all.subarray(0, all.length >> 1)]);
        this.#operate('write');
        inode.bytes = Buffer.concat([inode.bytes, all.subarray(all.length >> 1)]);
      },
      sync: async () => {
        await Promise.resolve();
        this.#operate('fdatasync');
        settle(inode);
      },
      truncate: async (length) => {
        await Promise.resolve();
        this.#operate('truncate');
        inode.bytes = inode.bytes.subarray(0, length);
        inode.intact = Math.min(inode.intact, length);
      },
      close: () => Promise.resolve(),
    };
  }

  async openRead(path: string): Promise<ReadFile> {
    await Promise.resolve();
    this.#operate('open');
    const inode = this.#inode(path);
    return {
      read: async (buffer, offset) => {
        await Promise.resolve();
        this.#operate('read');
        return inode.bytes.copy(buffer, 0, offset);
      },
      size: async () => {
        await Promise.resolve();
        this.#operate('fstat');
        return inode.bytes.length;
      },
      close: () => Promise.resolve(),
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await Promise.resolve();
    this.#operate('rename');
    const inode = this.#inode(from);
    this.#change(
      new Map([
        [from, undefined],
        [to, inode],
      ]),
    );
  }

  async remove(path: string): Promise<void> {
    await Promise.resolve();
    this.#operate('remove');
    this.#inode(path);
    this.#change(new Map([[path, undefined]]));
  }

  async removeIfThere(path: string): Promise<void> {
    if (this.#entries.has(path)) await this.remove(path);
  }

  async read(path: string): Promise<Buffer> {
    await Promise.resolve();
    this.#operate('read');
    return Buffer.from(this.#inode(path).bytes);
  }

  lock(): () => void {
    if (this.#locked) throw new Error('locked');
    this.#locked = true;
    return () => {
      this.#locked = false;
    };
  }

  async syncDirectory(path: string): Promise<void> {
    await Promise.resolve();
    this.#operate('fsync of the directory');
    // a rename concerns two directories and is durable when one of them is synced
    const concerns = (change: Change): boolean =>
      [...change.keys()].some((entry) => dirname(entry) === path);
    for (const change of this.#changes) if (concerns(change)) apply(change, this.#syncedEntries);
    this.#changes = this.#changes.filter((change) => !concerns(change));
  }
}

function apply(change: Change, entries: Map<string, Inode>): void {
  for (const [path, inode] of change)
    if (inode === undefined) entries.delete(path);
    else entries.set(path, inode);
}

/** What a file holds now is what a crash leaves of it. */
function settle(inode: Inode): void {
  inode.synced = inode.bytes;
  inode.intact = inode.bytes.length;
}
