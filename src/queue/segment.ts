/**
 * Segments: the files of the queue.
 *
 *   segment := request*
 *   request := frame+                       (all the messages of one POST)
 *   frame   := header payload               (see prelude/frame.ts)
 *
 * A segment is a bare sequence of Prelude's frames: `prelude-admin print SEGMENT` shows it and
 * `prelude-admin send` delivers it by hand. The format has no checksum and no place for one, but
 * libprelude does not use the time in the header of a frame that it reads from a file
 * (`prelude-admin send` writes a new one). So the queue keeps there what it needs to verify a request:
 *
 *   seconds      := CRC-32 of the request up to the end of this frame, seconds taken as 0,
 *                   which starts with the segment's seed
 *   microseconds := how many frames of the request follow
 *
 * A request is intact if all its frames are there and the checksums fit.
 *
 * The seed is a random number in the segment's name. No sender knows it. So a sender's data can hold
 * bytes that look like a request, but none whose checksum fits, and the queue can search damaged bytes
 * for the next intact request. A name without a seed, from earlier versions, means seed 0.
 */
import { crc32 } from 'node:zlib';
import { FRAME_VERSION, HEADER, HEADER_SIZE } from '../prelude/frame.ts';

const EXTENSION = '.idmef';
const NAME = /^(\d{16})(?:-([0-9a-f]{8}))?\.idmef$/;
/** the queue does not count beyond this number; 16 digits hold more than a double does */
const HIGHEST_NUMBER = 9e15;

/** The name of the segment with that number and seed; names sort by age. */
export function segmentName(number: number, seed = 0): string {
  const suffix = seed === 0 ? '' : `-${seed.toString(16).padStart(8, '0')}`;
  return String(number).padStart(16, '0') + suffix + EXTENSION;
}

/** The number in a segment's name, HIGHEST_NUMBER at most; undefined for other files. */
export function segmentNumber(name: string): number | undefined {
  const number = NAME.exec(name)?.[1];
  return number === undefined ? undefined : Math.min(Number(number), HIGHEST_NUMBER);
}

/** The seed in a segment's name; 0 if there is none. */
export function segmentSeed(name: string): number {
  return parseInt(NAME.exec(name)?.[2] ?? '0', 16);
}

/** A part of a file. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** The frames in a buffer that holds whole frames. */
export function frameRanges(frames: Buffer): Range[] {
  const ranges = [];
  for (let offset = 0; offset < frames.length;) {
    const length = frameEnd(frames, offset) - offset;
    ranges.push({ offset, length });
    offset += length;
  }
  return ranges;
}

/** Puts checksums and counts into the headers of a request's frames, as described above. */
export function stampRequest(frames: Buffer, seed = 0): void {
  let following = countFrames(frames);
  let checksum = seed;
  for (let offset = 0; offset < frames.length;) {
    const end = frameEnd(frames, offset);
    frames.writeUInt32BE(0, offset + HEADER.seconds);
    frames.writeUInt32BE(--following, offset + HEADER.microseconds);
    checksum = crc32(frames.subarray(offset, end), checksum);
    frames.writeUInt32BE(checksum, offset + HEADER.seconds);
    offset = end;
  }
}

function countFrames(frames: Buffer): number {
  let count = 0;
  for (let offset = 0; offset < frames.length; offset = frameEnd(frames, offset)) count++;
  return count;
}

/** Where the frame ends that begins at that offset. */
function frameEnd(frames: Buffer, offset: number): number {
  return offset + HEADER_SIZE + frames.readUInt32BE(offset + HEADER.length);
}

/** The requests of a buffer that holds intact ones: the frames of each. */
export function splitRequests(whole: Buffer): Buffer[][] {
  const requests: Buffer[][] = [];
  let request: Buffer[] = [];
  for (const { offset, length } of frameRanges(whole)) {
    request.push(whole.subarray(offset, offset + length));
    if (whole.readUInt32BE(offset + HEADER.microseconds) > 0) continue;
    requests.push(request);
    request = [];
  }
  return requests;
}

/** An intact request: where it ends, and how many messages it has. */
export interface Intact {
  readonly kind: 'intact';
  readonly end: number;
  readonly messages: number;
}

/** What is found at an offset. */
export type Found =
  | Intact
  /** not decided before that many bytes after the offset are there */
  | { readonly kind: 'incomplete'; readonly needed: number }
  | { readonly kind: 'damaged' };

const DAMAGED: Found = { kind: 'damaged' };

/** Looks at the request that begins at that offset. The bytes are the same afterwards. */
export function readRequest(bytes: Buffer, start: number, seed: number): Found {
  let checksum = seed;
  let following: number | undefined;
  let messages = 0;
  for (let at = start; ;) {
    if (at + HEADER_SIZE > bytes.length)
      return { kind: 'incomplete', needed: at + HEADER_SIZE - start };
    if (bytes[at + HEADER.version] !== FRAME_VERSION || bytes[at + HEADER.fragment] !== 0)
      return DAMAGED;
    const count = bytes.readUInt32BE(at + HEADER.microseconds);
    if (following !== undefined && count !== following - 1) return DAMAGED;
    const end = at + HEADER_SIZE + bytes.readUInt32BE(at + HEADER.length);
    if (end > bytes.length) return { kind: 'incomplete', needed: end - start };
    const stamped = bytes.readUInt32BE(at + HEADER.seconds);
    checksum = checksumOf(bytes, at, end, checksum);
    if (checksum !== stamped) return DAMAGED;
    messages++;
    if (count === 0) return { kind: 'intact', end, messages };
    following = count;
    at = end;
  }
}

/** The checksum up to the end of a frame, from that before it. */
function checksumOf(bytes: Buffer, at: number, end: number, before: number): number {
  const stamped = bytes.readUInt32BE(at + HEADER.seconds);
  bytes.writeUInt32BE(0, at + HEADER.seconds);
  const checksum = crc32(bytes.subarray(at, end), before);
  bytes.writeUInt32BE(stamped, at + HEADER.seconds);
  return checksum;
}
