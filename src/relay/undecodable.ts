/** Finds the frame that prelude-admin cannot decode, with `prelude-admin print`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Segment } from '../queue/queue.ts';
import type { Piece } from '../queue/reader.ts';
import type { Source } from '../queue/share.ts';
import { frameRanges, type Range } from '../queue/segment.ts';
import type { Carried } from './feed.ts';
import { dieWithParent } from './child.ts';
import { UNREADABLE } from './outcome.ts';
import { Pipe } from './pipe.ts';

/** A frame that is intact and cannot be decoded. */
export interface UndecodableFrame {
  readonly segment: Segment;
  /** the frame in its segment */
  readonly frame: Range;
}

/** longer than printing a whole segment takes */
const TIMEOUT_MS = 60_000;
const WAKE_INTERVAL_MS = 100;
/** bytes that are read at once */
const PIECE = 1024 * 1024;

/**
 * Whether `prelude-admin print` decodes all frames.
 * @throws Error if it ends in any other way than with exit status 0 or UNREADABLE: that says nothing of
 *   the frames
 */
async function isDecodable(program: string, frames: Buffer): Promise<boolean> {
  const pipe = await Pipe.make();
  const waker = setInterval(() => {
    pipe.wakeOpener();
  }, WAKE_INTERVAL_MS);
  try {
    const { command, args } = dieWithParent(program, ['print', '/dev/stdin']);
    const child = spawn(command, args, {
      stdio: [pipe.reader, 'ignore', 'ignore'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    pipe.writer.on('error', () => undefined);
    pipe.writer.end(frames);
    await once(child, 'close');
    const { exitCode, signalCode } = child;
    if (exitCode === 0 && pipe.writer.writableFinished && !pipe.hasUnread()) return true;
    if (exitCode === UNREADABLE) return false;
    throw new Error(`prelude-admin print ended with ${signalCode ?? `exit status ${exitCode}`}`);
  } finally {
    clearInterval(waker);
    pipe.close();
  }
}

/** Pieces of what was carried, with the frames that were sent. */
async function* piecesOf(
  queue: Source,
  carried: readonly Carried[],
): AsyncGenerator<{ segment: Segment; piece: Piece }> {
  for (const { segment, from, length } of carried) {
    const reader = queue.read(segment, from);
    try {
      while (reader.offset < length) {
        const piece = await reader.next(PIECE);
        if (piece === undefined) break;
        yield { segment, piece };
      }
    } finally {
      await reader.close();
    }
  }
}

/** The first frame in some bytes that cannot be decoded. Halves the frames in question until one is left. */
async function firstUndecodable(program: string, bytes: Buffer): Promise<Range> {
  const frames = frameRanges(bytes);
  let decodable = 0;
  let undecodable = frames.length;
  while (undecodable - decodable > 1) {
    const middle = Math.floor((decodable + undecodable) / 2);
    const start = frames[decodable]?.offset ?? 0;
    const end = frames[middle]?.offset ?? bytes.length;
    if (await isDecodable(program, bytes.subarray(start, end))) decodable = middle;
    else undecodable = middle;
  }
  return frames[decodable] ?? { offset: 0, length: 0 };
}

/** The offset in the segment of a byte of a piece. */
function inSegment({ offset, excluded }: Piece, at: number): number {
  return excluded.reduce(
    (position, part) => (part.offset <= position ? position + part.length : position),
    offset + at,
  );
}

/**
 * The first frame of what was carried that prelude-admin cannot decode; it says not where it stopped.
 * @throws Error if prelude-admin cannot be asked, or a segment cannot be read
 */
export async function findUndecodable(
  program: string,
  queue: Source,
  carried: readonly Carried[],
): Promise<UndecodableFrame | undefined> {
  for await (const { segment, piece } of piecesOf(queue, carried)) {
    if (await isDecodable(program, piece.bytes)) continue;
    const { offset, length } = await firstUndecodable(program, piece.bytes);
    // alone, to be sure of the frame that is taken out
    if (await isDecodable(program, piece.bytes.subarray(offset, offset + length))) continue;
    return { segment, frame: { offset: inSegment(piece, offset), length } };
  }
  return undefined;
}
