/**
 * A disk that loses everything that was not synced: in a crash a file keeps its synced bytes and
 * any part of the rest, torn or garbled, and a directory its synced entries.
 */
import { basename, dirname, join } from 'node:path';
import type { AppendFile, Disk, ReadFile } from '../../src/queue/files.ts';

interface Inode {
  bytes: Buffer;
  synced: Buffer;
}

/** What a crash does to bytes that were not synced. @returns what the disk has of them */
export type Tear = (unsynced: Buffer) => Buffer;

export class ModelDisk implements Disk {
  #entries = new Map<string, Inode>();
  #syncedEntries = new Map<string, Inode>();
  readonly #directories = new Set<string>();
  #operations = 0;
  #failAt = new Set<number>();
  #crashAt = Infinity;
  #locked = false;

  /** The operations with these numbers from now on fail (0 is the next one). */
  failAt(numbers: readonly number[]): void {
    this.#failAt = new Set(numbers.map((number) => this.#operations + number));
  }

  /** From that operation on the machine is dead: all fail, until `crash`. */
  dieAt(number: number): void {
    this.#crashAt = this.#operations + number;
  }

  /** The power comes back: what was not synced is gone, or torn. */
  crash(tear: Tear): void {
    this.#entries = new Map(this.#syncedEntries);
    for (const inode of this.#entries.values()) {
      const unsynced = inode.bytes.subarray(inode.synced.length);
      inode.bytes = Buffer.concat([inode.synced, tear(unsynced)]);
      inode.synced = inode.bytes;
    }
    this.#failAt.clear();
    this.#crashAt = Infinity;
    this.#locked = false;
  }

  #operate(what: string): void {
    const number = this.#operations++;
    if (number >= this.#crashAt) throw new Error(`${what}: the machine is dead`);
    if (this.#failAt.delete(number)) throw new Error(`${what}: input/output error`);
  }

  #inode(path: string): Inode {
    const inode = this.#entries.get(path);
    if (inode === undefined) throw new Error(`${path}: no such file`);
    return inode;
  }

  makeDirectory(path: string): Promise<void> {
    this.#directories.add(path);
    return Promise.resolve();
  }

  list(directory: string): Promise<string[]> {
    const names = [...this.#entries.keys()].filter((path) => dirname(path) === directory);
    return Promise.resolve(names.map((path) => basename(path)));
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
    if (this.#entries.has(path)) throw new Error(`${path}: file exists`);
    const inode = { bytes: Buffer.alloc(0), synced: Buffer.alloc(0) };
    this.#entries.set(path, inode);
    return this.#appendFile(inode);
  }

  async openAppend(path: string): Promise<AppendFile> {
    await Promise.resolve();
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
        inode.synced = inode.bytes;
      },
      truncate: async (length) => {
        await Promise.resolve();
        this.#operate('truncate');
        inode.bytes = inode.bytes.subarray(0, length);
        if (inode.synced.length > length) inode.synced = inode.bytes;
      },
      close: () => Promise.resolve(),
    };
  }

  openRead(path: string): Promise<ReadFile> {
    const inode = this.#inode(path);
    return Promise.resolve({
      read: (buffer, offset) => Promise.resolve(inode.bytes.copy(buffer, 0, offset)),
      size: () => Promise.resolve(inode.bytes.length),
      close: () => Promise.resolve(),
    });
  }

  async rename(from: string, to: string): Promise<void> {
    await Promise.resolve();
    this.#operate('rename');
    this.#entries.set(to, this.#inode(from));
    this.#entries.delete(from);
  }

  async remove(path: string): Promise<void> {
    await Promise.resolve();
    this.#operate('remove');
    this.#inode(path);
    this.#entries.delete(path);
  }

  async removeIfThere(path: string): Promise<void> {
    if (this.#entries.has(path)) await this.remove(path);
  }

  read(path: string): Promise<Buffer> {
    return Promise.resolve(Buffer.from(this.#inode(path).bytes));
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
    const inside = (entry: string): boolean => dirname(entry) === path;
    for (const entry of this.#syncedEntries.keys())
      if (inside(entry)) this.#syncedEntries.delete(entry);
    for (const [entry, inode] of this.#entries)
      if (inside(entry)) this.#syncedEntries.set(entry, inode);
  }

  /** Changes bytes of a file behind everybody's back. */
  garble(directory: string, name: string, offset: number, bytes: Buffer): void {
    const inode = this.#inode(join(directory, name));
    const copy = Buffer.from(inode.bytes);
    bytes.copy(copy, offset);
    inode.bytes = copy;
    inode.synced = copy;
  }
}
