/**
 * What a crash left: finds each segment's last whole request and cuts the torn rest, which was
 * never acknowledged, since an acknowledged request was synced as a whole.
 *
 * A rest that has another whole request further on is not torn but damaged: a disk that returns
 * other bytes than were synced. It is cut off, too, but kept for the operator. It is not delivered
 * as it is: bytes that look like a request may be a sender's data.
 */
import { basename, join } from 'node:path';
import type { Disk } from './files.ts';
import { setAside } from './rejected.ts';
import { holdsRequest, scan, segmentName, segmentNumber, type Contents } from './segment.ts';

/** A segment that was found. */
export interface Recovered {
  readonly number: number;
  readonly path: string;
  readonly contents: Contents;
  readonly createdAt: number;
  /** under which name a damaged rest is kept */
  readonly damaged: string | undefined;
}

async function keepDamaged(disk: Disk, path: string, length: number): Promise<string | undefined> {
  const rest = (await disk.read(path)).subarray(length);
  // at its own begin there is none, or it would belong to the whole part
  if (!holdsRequest(rest)) return undefined;
  return setAside(disk, join(path, '..'), {
    segment: basename(path, '.idmef'),
    offset: length,
    bytes: rest,
    why: 'the disk gave back damaged bytes; requests behind them cannot be told from their data',
  });
}

async function cut(disk: Disk, path: string, length: number): Promise<void> {
  const torn = await disk.openAppend(path);
  try {
    await torn.truncate(length);
    await torn.sync();
  } finally {
    await torn.close();
  }
}

async function recoverSegment(disk: Disk, path: string, number: number): Promise<Recovered> {
  const file = await disk.openRead(path);
  const contents = await scan(file).finally(() => file.close());
  let damaged: string | undefined;
  if (contents.fileLength > contents.length) {
    damaged = await keepDamaged(disk, path, contents.length);
    await cut(disk, path, contents.length);
  }
  return { number, path, contents, createdAt: await disk.createdAt(path), damaged };
}

/** Recovers all segments of the directory, oldest first. */
export async function recover(disk: Disk, directory: string): Promise<Recovered[]> {
  const numbers = (await disk.list(directory))
    .map(segmentNumber)
    .filter((number) => number !== undefined)
    .sort((a, b) => a - b);
  const recovered = [];
  for (const number of numbers)
    recovered.push(await recoverSegment(disk, join(directory, segmentName(number)), number));
  return recovered;
}
