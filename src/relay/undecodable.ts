/** Finds the frame that prelude-admin cannot decode, with prelude-admin. */
import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { HEADER, HEADER_SIZE } from '../prelude/frame.ts';
import type { Disk } from '../queue/files.ts';
import type { Segment } from '../queue/queue.ts';

/** longer than printing a whole segment takes */
const TIMEOUT = 60_000;

/** Whether `prelude-admin print` reads all of the file. */
function isReadable(program: string, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      ['print', path],
      { timeout: TIMEOUT, maxBuffer: Infinity },
      (error) => {
        resolve(error === null);
      },
    );
    // its output does not matter
    child.stdout?.removeAllListeners('data').resume();
  });
}

/** Where the frames of a file of whole frames end, in order. */
function frameEnds(bytes: Buffer): number[] {
  const ends = [];
  for (let at = 0; at + HEADER_SIZE <= bytes.length;) {
    at += HEADER_SIZE + bytes.readUInt32BE(at + HEADER.length);
    ends.push(at);
  }
  return ends;
}

async function isPrefixReadable(program: string, path: string, end: number): Promise<boolean> {
  const part = `${path}.part`;
  try {
    await pipeline(
      createReadStream(path, { end: end - 1 }),
      createWriteStream(part, { mode: 0o600 }),
    );
    return await isReadable(program, part);
  } finally {
    await rm(part, { force: true });
  }
}

/**
 * The first of the segments with a frame that cannot be decoded, and the frame's index in it.
 * Halves the part of the segment in question again and again: prelude-admin does not say where it
 * stopped.
 */
export async function findUndecodable(
  program: string,
  disk: Disk,
  segments: readonly Segment[],
): Promise<{ segment: Segment; index: number } | undefined> {
  for (const segment of segments) {
    if (await isReadable(program, segment.path)) continue;
    const ends = frameEnds(await disk.read(segment.path));
    let readable = 0;
    let unreadable = ends.length;
    while (unreadable - readable > 1) {
      const middle = Math.floor((readable + unreadable) / 2);
      if (await isPrefixReadable(program, segment.path, ends[middle - 1] ?? 0)) readable = middle;
      else unreadable = middle;
    }
    if (ends.length > 0) return { segment, index: unreadable - 1 };
  }
  return undefined;
}
