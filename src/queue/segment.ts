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
 * (`prelude-admin send` writes a new one). So the queue keeps there what recovery needs:
 *
 *   seconds      := CRC-32 of the request up to the end of this frame, seconds taken as 0
 *   microseconds := how many frames of the request follow
 *
 * A request is whole if all its frames are there and the checksums fit.
 */
import { crc32 } from 'node:zlib';
import { FRAME_VERSION, HEADER, HEADER_SIZE } from '../prelude/frame.ts';
import type { ReadFile } from './files.ts';

const EXTENSION = '.idmef';
const NAME = /^\d{16}\.idmef$/;

/** The name of the segment with that number; they sort by age. */
export function segmentName(number: number): string {
  return String(number).padStart(16, '0') + EXTENSION;
}

/** The number in a segment's name; undefined for other files. */
export function segmentNumber(name: string): number | undefined {
  return NAME.test(name) ? parseInt(name, 10) : undefined;
}

/** Offsets of the frames in a buffer that holds whole frames. */
function frameOffsets(frames: Buffer): number[] {
  const offsets = [];
  for (let at = 0; at < frames.length;) {
    offsets.push(at);
    at += HEADER_SIZE + frames.readUInt32BE(at + HEADER.length);
  }
  return offsets;
}

/** Puts checksums and counts into the headers of a request's frames, as described above. */
export function stampRequest(frames: Buffer): void {
  const offsets = frameOffsets(frames);
  let checksum = 0;
  offsets.forEach((at, index) => {
    const end = offsets[index + 1] ?? frames.length;
    frames.writeUInt32BE(0, at + HEADER.seconds);
    frames.writeUInt32BE(offsets.length - 1 - index, at + HEADER.microseconds);
    checksum = crc32(frames.subarray(at, end), checksum);
    frames.writeUInt32BE(checksum, at + HEADER.seconds);
  });
}

/** The requests of a buffer that holds whole ones: the frames of each. */
export function splitRequests(whole: Buffer): Buffer[][] {
  const offsets = frameOffsets(whole);
  const requests: Buffer[][] = [];
  let request: Buffer[] = [];
  offsets.forEach((at, index) => {
    request.push(whole.subarray(at, offsets[index + 1] ?? whole.length));
    if (whole.readUInt32BE(at + HEADER.microseconds) > 0) return;
    requests.push(request);
    request = [];
  });
  return requests;
}

/** Whether a whole request stands anywhere in these bytes. */
export function holdsRequest(bytes: Buffer): boolean {
  for (let at = 0; at + HEADER_SIZE <= bytes.length; at++) if (isRequestAt(bytes, at)) return true;
  return false;
}

function isRequestAt(bytes: Buffer, start: number): boolean {
  let checksum = 0;
  let at = start;
  for (;;) {
    if (at + HEADER_SIZE > bytes.length) return false;
    const header = Buffer.from(bytes.subarray(at, at + HEADER_SIZE));
    const frame = readHeader(header);
    const end = at + HEADER_SIZE + (frame?.length ?? 0);
    if (frame === undefined || end > bytes.length) return false;
    checksum = crc32(bytes.subarray(at + HEADER_SIZE, end), crc32(header, checksum));
    if (checksum !== frame.checksum) return false;
    if (frame.following === 0) return true;
    at = end;
  }
}

/** What a segment holds. */
export interface Contents {
  /** bytes up to the end of the last whole request */
  readonly length: number;
  /** messages in whole requests */
  readonly messages: number;
  /** bytes in all */
  readonly fileLength: number;
}

const BLOCK = 1024 * 1024;

/** Reads a file front to back. */
class Cursor {
  readonly #file: ReadFile;
  readonly #block = Buffer.allocUnsafe(BLOCK);
  #start = 0;
  #end = 0;
  /** offset in the file of the next byte to give */
  offset = 0;

  constructor(file: ReadFile) {
    this.#file = file;
  }

  /** At most `size` bytes from where it is, valid until the next call; none at the end. */
  async take(size: number): Promise<Buffer> {
    if (this.#start === this.#end) {
      this.#start = 0;
      this.#end = await this.#file.read(this.#block, this.offset);
    }
    const taken = this.#block.subarray(this.#start, Math.min(this.#start + size, this.#end));
    this.#start += taken.length;
    this.offset += taken.length;
    return taken;
  }

  /** Hands exactly `size` bytes to `use`, in pieces; gives whether there were so many. */
  async pass(size: number, use: (piece: Buffer) => void): Promise<boolean> {
    for (let left = size; left > 0;) {
      const piece = await this.take(left);
      if (piece.length === 0) return false;
      use(piece);
      left -= piece.length;
    }
    return true;
  }
}

interface Header {
  readonly length: number;
  readonly checksum: number;
  readonly following: number;
}

/** Takes the header apart and zeroes its checksum in place; undefined if it is none. */
function readHeader(header: Buffer): Header | undefined {
  if (header[HEADER.version] !== FRAME_VERSION || header[HEADER.fragment] !== 0) return undefined;
  const found = {
    length: header.readUInt32BE(HEADER.length),
    checksum: header.readUInt32BE(HEADER.seconds),
    following: header.readUInt32BE(HEADER.microseconds),
  };
  header.writeUInt32BE(0, HEADER.seconds);
  return found;
}

/** Reads the whole file and finds the end of its last whole request. */
export async function scan(file: ReadFile): Promise<Contents> {
  const cursor = new Cursor(file);
  const header = Buffer.alloc(HEADER_SIZE);
  let whole = { length: 0, messages: 0 };
  let checksum = 0;
  let expected: number | undefined;
  let messages = 0;
  for (;;) {
    let filled = 0;
    const complete = await cursor.pass(HEADER_SIZE, (piece) => {
      filled += piece.copy(header, filled);
    });
    const frame = complete ? readHeader(header) : undefined;
    if (frame === undefined) break;
    if (expected !== undefined && frame.following !== expected) break;
    checksum = crc32(header, checksum);
    const there = await cursor.pass(frame.length, (piece) => {
      checksum = crc32(piece, checksum);
    });
    if (!there || checksum !== frame.checksum) break;
    messages++;
    expected = frame.following - 1;
    if (frame.following === 0) {
      whole = { length: cursor.offset, messages };
      checksum = 0;
      expected = undefined;
    }
  }
  while ((await cursor.take(BLOCK)).length > 0);
  return { ...whole, fileLength: cursor.offset };
}
