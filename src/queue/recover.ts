/** What a crash left: finds each segment's last whole request and cuts the torn rest. */
import { join } from 'node:path';
import type { Disk } from './files.ts';
import { scan, segmentName, segmentNumber, type Contents } from './segment.ts';

/** A segment that was found. */
export interface Recovered {
  readonly number: number;
  readonly path: string;
  readonly contents: Contents;
  readonly createdAt: number;
}

async function recoverSegment(disk: Disk, path: string, number: number): Promise<Recovered> {
  const file = await disk.openRead(path);
  const contents = await scan(file).finally(() => file.close());
  if (contents.fileLength > contents.length) {
    const torn = await disk.openAppend(path);
    try {
      await torn.truncate(contents.length);
      await torn.sync();
    } finally {
      await torn.close();
    }
  }
  return { number, path, contents, createdAt: await disk.createdAt(path) };
}

/**
 * Recovers all segments of the directory, oldest first. What was cut was never acknowledged: an
 * acknowledged request was synced as a whole.
 */
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
