/** The only way to the disk: what the queue does with files, narrow enough to be made to fail. */
import { constants } from 'node:fs';
import { open, mkdir, readdir, rename, rm, stat, utimes, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { lockDirectory } from './lock.ts';

/** A file that is being written at its end. */
export interface AppendFile {
  /** Appends all of it. */
  append(buffers: readonly Buffer[]): Promise<void>;
  /** fdatasync(2): afterwards what was appended survives a power loss. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** A file that is being read. */
export interface ReadFile {
  /** Reads into the buffer from that offset; gives how many bytes, 0 at the end. */
  read(buffer: Buffer, offset: number): Promise<number>;
  /** How many bytes it has. */
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface Disk {
  /** Makes the directory (0700) if it is not there. */
  makeDirectory(path: string): Promise<void>;
  list(directory: string): Promise<string[]>;
  /** When the file was made, in milliseconds since 1970, or what `setCreatedAt` has said. */
  createdAt(path: string): Promise<number>;
  /** When the file was last written, in milliseconds since 1970. */
  modifiedAt(path: string): Promise<number>;
  /** Says that what a file holds is older than the file. */
  setCreatedAt(path: string, milliseconds: number): Promise<void>;
  /** A new file (0600); fails if it is there. */
  create(path: string): Promise<AppendFile>;
  openAppend(path: string): Promise<AppendFile>;
  /** Only regular files can be opened: no link is followed, and no FIFO is waited for. */
  openRead(path: string): Promise<ReadFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  removeIfThere(path: string): Promise<void>;
  /** The whole file, as openRead opens it; for those whose size is bounded. */
  read(path: string): Promise<Buffer>;
  /** Locks a directory, see lock.ts; the function that is given back unlocks it. */
  lock(directory: string): () => void;
  /** fsync(2) of a directory: its entries survive a power loss. */
  syncDirectory(path: string): Promise<void>;
}

/** Whether an error says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Does what may fail without harm. */
export async function quietly(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch {
    // recovery sees to it
  }
}

class NodeAppendFile implements AppendFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async append(buffers: readonly Buffer[]): Promise<void> {
    let rest = buffers;
    for (;;) {
      let { bytesWritten } = await this.#handle.writev(rest);
      const next = rest.findIndex(({ length }) => {
        if (bytesWritten < length) return true;
        bytesWritten -= length;
        return false;
      });
      if (next < 0) return;
      // a short write: continue after what was written
      rest = rest
        .slice(next)
        .map((buffer, i) => (i === 0 ? buffer.subarray(bytesWritten) : buffer));
    }
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

class NodeReadFile implements ReadFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(buffer: Buffer, offset: number): Promise<number> {
    const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, offset);
    return bytesRead;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Opens a regular file. A link could lead to another program's file, and opening a FIFO can wait forever. */
async function openRegular(path: string, flags: number): Promise<FileHandle> {
  const handle = await open(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new Error(`${path} is not a regular file`);
}

async function readWhole(path: string): Promise<Buffer> {
  const handle = await openRegular(path, constants.O_RDONLY);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** The real disk. */
export const disk: Disk = {
  async makeDirectory(path) {
    const made = await mkdir(path, { recursive: true, mode: 0o700 });
    // what is synced in a directory is lost with it if its own name is not durable
    for (let name = resolve(path); made !== undefined && name.length >= made.length;) {
      name = dirname(name);
      await syncDirectory(name);
    }
  },
  list: (directory) => readdir(directory),
  createdAt: async (path) => {
    const { birthtimeMs, mtimeMs } = await stat(path);
    // not every file system knows when a file was made
    return birthtimeMs > 0 ? Math.min(birthtimeMs, mtimeMs) : mtimeMs;
  },
  modifiedAt: async (path) => (await stat(path)).mtimeMs,
  setCreatedAt: (path, milliseconds) => utimes(path, milliseconds / 1000, milliseconds / 1000),
  create: async (path) => new NodeAppendFile(await open(path, 'ax', 0o600)),
  openAppend: async (path) => new NodeAppendFile(await openRegular(path, constants.O_RDWR)),
  openRead: async (path) => new NodeReadFile(await openRegular(path, constants.O_RDONLY)),
  rename,
  remove: (path) => rm(path),
  removeIfThere: (path) => rm(path, { force: true }),
  read: readWhole,
  lock: lockDirectory,
  syncDirectory,
};
