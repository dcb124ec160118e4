/**
 * What could not be delivered and is kept for the operator: QUEUE/rejected.
 *
 *   NAME.idmef  the frames
 *   NAME.txt    why, one line
 *
 * `secef queue retry NAME` moves the frames to QUEUE/retry, from where the gateway takes them.
 */
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { quietly, type Disk } from './files.ts';

export const REJECTED = 'rejected';
export const RETRY = 'retry';

/**
 * Writes a file whole and for good: under a temporary name first.
 * @param createdAt since when there has been what it holds, if not since now
 */
export async function writeWhole(
  disk: Disk,
  path: string,
  bytes: Buffer,
  createdAt?: number,
): Promise<void> {
  const temporary = `${path}.tmp`;
  await disk.removeIfThere(temporary);
  const file = await disk.create(temporary);
  try {
    await file.append([bytes]);
    await file.sync();
  } finally {
    await file.close();
  }
  if (createdAt !== undefined) await disk.setCreatedAt(temporary, createdAt);
  await disk.rename(temporary, path);
}

/** How many there are; none if they cannot be listed. */
export async function countRejected(disk: Pick<Disk, 'list'>, queue: string): Promise<number> {
  try {
    const files = await disk.list(join(queue, REJECTED));
    return files.filter((file) => file.endsWith('.idmef')).length;
  } catch {
    return 0; // nothing was ever rejected
  }
}

/** Bytes of a segment that are not delivered. */
export interface Rejected {
  /** path of the segment */
  readonly segment: string;
  readonly offset: number;
  readonly bytes: Buffer;
  /** for the operator, one line */
  readonly why: string;
}

/** Keeps bytes of a segment for the operator. @returns the name to use with `secef queue` */
export async function setAside(
  disk: Disk,
  { segment, offset, bytes, why }: Rejected,
): Promise<string> {
  const queue = dirname(segment);
  const directory = join(queue, REJECTED);
  await disk.makeDirectory(directory);
  // numbers and offsets come again; after a crash the same bytes do, too, and get the same name
  const checksum = crc32(bytes).toString(16).padStart(8, '0');
  const name = `${basename(segment, '.idmef')}-${offset}-${checksum}`;
  await writeWhole(disk, join(directory, `${name}.txt`), Buffer.from(`${why}\n`));
  await writeWhole(disk, join(directory, `${name}.idmef`), bytes);
  await disk.syncDirectory(directory);
  await disk.syncDirectory(queue);
  return name;
}

/**
 * Moves a whole file to the others that are kept; a name that is taken is not overwritten.
 * @returns the name to use with `secef queue`
 */
export async function moveAside(
  disk: Disk,
  queue: string,
  path: string,
  why: string,
): Promise<string> {
  const directory = join(queue, REJECTED);
  await disk.makeDirectory(directory);
  const taken = new Set(await disk.list(directory));
  const stem = basename(path, '.idmef');
  let name = stem;
  for (let number = 2; taken.has(`${name}.idmef`); number++) name = `${stem}-${number}`;
  // a full disk has no room for the reason, but a file can be moved
  await quietly(() => writeWhole(disk, join(directory, `${name}.txt`), Buffer.from(`${why}\n`)));
  await disk.rename(path, join(directory, `${name}.idmef`));
  await disk.syncDirectory(directory);
  await disk.syncDirectory(dirname(path));
  return name;
}

/** Whether a file of the queue is left over from a write or a session that a crash ended. */
function isLeftOver(name: string): boolean {
  return /\.(tmp|part|fifo)$/.test(name);
}

/** Removes what a crash left of writes that had not come to their end. */
export async function removeLeftOvers(disk: Disk, queue: string): Promise<void> {
  for (const directory of [queue, join(queue, REJECTED)])
    await quietly(async () => {
      for (const name of await disk.list(directory))
        if (isLeftOver(name)) await quietly(() => disk.remove(join(directory, name)));
    });
}
