/**
 * What could not be delivered and is kept for the operator: QUEUE/rejected.
 *
 *   NAME.idmef  the frames
 *   NAME.txt    why, one line
 *
 * `secef queue retry NAME` moves the frames to QUEUE/retry, from where the gateway takes them.
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Disk } from './files.ts';

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

/** Keeps bytes of a segment for the operator. @returns the name to use with `secef queue` */
export async function setAside(
  disk: Disk,
  queue: string,
  what: { segment: string; offset: number; bytes: Buffer; why: string },
): Promise<string> {
  const directory = join(queue, REJECTED);
  await disk.makeDirectory(directory);
  // numbers and offsets come again; after a crash the same bytes do, too, and get the same name
  const checksum = crc32(what.bytes).toString(16).padStart(8, '0');
  const name = `${what.segment}-${what.offset}-${checksum}`;
  await writeWhole(disk, join(directory, `${name}.txt`), Buffer.from(`${what.why}\n`));
  await writeWhole(disk, join(directory, `${name}.idmef`), what.bytes);
  await disk.syncDirectory(directory);
  await disk.syncDirectory(queue);
  return name;
}
