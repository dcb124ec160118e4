/** Finds the next intact request after damaged bytes. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FRAME_VERSION, HEADER, HEADER_SIZE } from '../prelude/frame.ts';
import { Checksums, continueChecksum } from './checksums.ts';

/**
 * Frames whose checksum is computed in one search. A sender's data can look like a header at every
 * fourth byte; real data does so rarely. After this many, about 2 s, the search gives up.
 */
const MAX_FRAMES = 2_500_000;
/** frames between two pauses, in which the gateway serves its requests */
const FRAMES_PER_TURN = 20_000;
const TAG_OFFSET = 1;
const HIGHEST_PRIORITY = 3;
const ZEROS = Buffer.alloc(HEADER.microseconds - HEADER.seconds);

/** One search. */
class Search {
  readonly #bytes: Buffer;
  readonly #seed: number;
  readonly #checksums: Checksums;
  /** frames whose checksum has been computed */
  frames = 0;

  constructor(bytes: Buffer, seed: number) {
    this.#bytes = bytes;
    this.#seed = seed;
    this.#checksums = new Checksums(bytes);
  }

  isRequestAt(start: number): boolean {
    let checksum = this.#seed;
    let expected: number | undefined;
    for (let at = start; this.frames < MAX_FRAMES;) {
      if (!this.#isHeader(at)) return false;
      const following = this.#bytes.readUInt32BE(at + HEADER.microseconds);
      if (expected !== undefined && following !== expected) return false;
      this.frames++;
      checksum = this.#checksum(at, checksum);
      if (checksum !== this.#bytes.readUInt32BE(at + HEADER.seconds)) return false;
      if (following === 0) return true;
      expected = following - 1;
      at = this.#end(at);
    }
    return false;
  }

  #end(at: number): number {
    return at + HEADER_SIZE + this.#bytes.readUInt32BE(at + HEADER.length);
  }

  /** Whether the gateway can have written these bytes as a header. */
  #isHeader(at: number): boolean {
    const bytes = this.#bytes;
    if (at + HEADER_SIZE > bytes.length) return false;
    if (bytes[at + HEADER.version] !== FRAME_VERSION || bytes[at + TAG_OFFSET] !== 0) return false;
    if ((bytes[at + HEADER.priority] ?? 0) > HIGHEST_PRIORITY) return false;
    if (bytes[at + HEADER.fragment] !== 0) return false;
    const left = bytes.length - this.#end(at);
    return left >= 0 && bytes.readUInt32BE(at + HEADER.microseconds) * HEADER_SIZE <= left;
  }

  #checksum(at: number, before: number): number {
    const bytes = this.#bytes;
    const start = continueChecksum(before, bytes, at, at + HEADER.seconds);
    const zeros = continueChecksum(start, ZEROS, 0, ZEROS.length);
    const header = continueChecksum(zeros, bytes, at + HEADER.microseconds, at + HEADER_SIZE);
    return this.#checksums.continue(header, at + HEADER_SIZE, this.#end(at));
  }
}

/**
 * The offset of the first intact request in the bytes; undefined if there is none, or if the bytes
 * hold more than MAX_FRAMES that look like one and are none. The time is linear in the bytes.
 * @param seed of the segment
 */
export async function findRequest(
  bytes: Buffer,
  from: number,
  seed: number,
): Promise<number | undefined> {
  const search = new Search(bytes, seed);
  let turn = FRAMES_PER_TURN;
  // a loop: indexOf costs more than a byte where bytes that look like a version are dense
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] !== FRAME_VERSION) continue;
    if (search.isRequestAt(at)) return at;
    if (search.frames >= MAX_FRAMES) return undefined;
    if (search.frames < turn) continue;
    turn = search.frames + FRAMES_PER_TURN;
    await nextTurn();
  }
  return undefined;
}
