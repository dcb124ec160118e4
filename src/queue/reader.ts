/**
 * Reads a segment: intact requests only. Each request's checksum is verified before it is given. What
 * does not fit is excluded up to the next intact request.
 */
import type { Exclusion, OwnSegment } from './append.ts';
import type { Disk, ReadFile } from './files.ts';
import type { Recent } from './recent.ts';
import { findRequest } from './search.ts';
import { readRequest, type Intact, type Range } from './segment.ts';

/** Some whole requests, one after the other. */
export interface Piece {
  /** in the segment, where the first of them begins */
  readonly offset: number;
  readonly bytes: Buffer;
  readonly messages: number;
  /** parts of the segment between them that are left out */
  readonly excluded: readonly Range[];
}

/** What a relay reads segments with. */
export interface Reader {
  /** offset in the segment of what comes next */
  readonly offset: number;
  /**
   * The next whole requests, at least one; undefined at the end of what is durable now. The bytes
   * stay as they are.
   * @param size bytes that one piece should not exceed
   */
  next(size: number): Promise<Piece | undefined>;
  close(): Promise<void>;
}

export interface ReaderOptions {
  readonly disk: Disk;
  readonly segment: OwnSegment;
  /** where to begin: the begin of a request */
  readonly from: number;
  readonly recent?: Recent;
  /** Called when a range is found that holds no intact request. */
  readonly damaged: (range: Range) => Promise<void>;
}

/** bytes that are read at once, if no request is larger */
const WINDOW = 256 * 1024;

/** bytes that are searched for the next intact request; only a file that is no segment is larger */
const MAX_SEARCHED = 256 * 1024 * 1024;

const EMPTY = Buffer.alloc(0);

export class SegmentReader implements Reader {
  readonly #options: ReaderOptions;
  #file: ReadFile | undefined;
  #offset: number;
  /** bytes from #offset on that have been read already */
  #window: Buffer = EMPTY;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#offset = options.from;
  }

  get offset(): number {
    return this.#offset;
  }

  async next(size: number): Promise<Piece | undefined> {
    const { segment } = this.#options;
    while (this.#offset < segment.length) {
      const excluded = segment.exclusions.find(isDamageAt(this.#offset));
      if (excluded !== undefined) {
        this.#advance(excluded.length);
        continue;
      }
      const piece = this.#nextRecent(size) ?? (await this.#nextFromDisk(size));
      if (piece !== undefined) return piece;
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  #advance(length: number): void {
    this.#offset += length;
    this.#window = this.#window.subarray(length);
  }

  #nextRecent(size: number): Piece | undefined {
    const { recent, segment } = this.#options;
    if (recent === undefined || segment.exclusions.length > 0) return undefined;
    const requests: Buffer[] = [];
    let length = 0;
    let messages = 0;
    for (;;) {
      const batch = recent.at(segment.path, this.#offset + length);
      if (batch === undefined || (length > 0 && length + batch.length > size)) break;
      requests.push(...batch.requests);
      length += batch.length;
      messages += batch.messages;
    }
    if (length === 0) return undefined;
    const offset = this.#offset;
    this.#advance(length);
    const [first = EMPTY] = requests;
    const bytes = requests.length === 1 ? first : Buffer.concat(requests, length);
    return { offset, bytes, messages, excluded: [] };
  }

  /** The next requests; undefined if there are damaged bytes instead, which are excluded then. */
  async #nextFromDisk(size: number): Promise<Piece | undefined> {
    const first = await this.#readRequest();
    if (first === undefined) {
      await this.#exclude();
      return undefined;
    }
    const { seed, exclusions } = this.#options.segment;
    let { end, messages } = first;
    while (end < size) {
      const more = readRequest(this.#window, end, seed);
      if (more.kind !== 'intact' || more.end > size) break;
      end = more.end;
      messages += more.messages;
    }
    const range = { offset: this.#offset, length: end };
    const excluded = exclusions.filter(({ offset }) => isInside(offset, range));
    const whole = this.#window.subarray(0, end);
    this.#advance(end);
    return {
      offset: range.offset,
      bytes: excluded.length === 0 ? whole : without(whole, range.offset, excluded),
      messages: messages - excluded.length,
      excluded,
    };
  }

  /** The request at the offset, which the window has in full then; undefined if it is not intact. */
  async #readRequest(): Promise<Intact | undefined> {
    const { segment } = this.#options;
    const left = segment.length - this.#offset;
    for (;;) {
      const found = readRequest(this.#window, 0, segment.seed);
      if (found.kind === 'intact') return found;
      if (found.kind === 'damaged' || found.needed > left) return undefined;
      // the second doubles, so that the requests' frames are not looked at again and again
      const wanted = Math.max(found.needed, WINDOW, 2 * this.#window.length);
      await this.#fill(Math.min(wanted, left));
      if (this.#window.length < found.needed) return undefined;
    }
  }

  /** Has the window hold that many bytes, or fewer if the file ends before. */
  async #fill(size: number): Promise<void> {
    const { disk, segment } = this.#options;
    this.#file ??= await disk.openRead(segment.path);
    // a new one: what has been given stays as it is
    const window = Buffer.allocUnsafe(size);
    let filled = this.#window.copy(window);
    while (filled < size) {
      const read = await this.#file.read(window.subarray(filled), this.#offset + filled);
      if (read === 0) break;
      filled += read;
    }
    this.#window = window.subarray(0, filled);
  }

  /** Excludes what is here, up to the next intact request or the end. */
  async #exclude(): Promise<void> {
    const { segment, damaged } = this.#options;
    const left = segment.length - this.#offset;
    await this.#fill(Math.min(left, MAX_SEARCHED));
    const found = await findRequest(this.#window, 1, segment.seed);
    await damaged({ offset: this.#offset, length: found ?? left });
  }
}

function isDamageAt(at: number): (exclusion: Exclusion) => boolean {
  return ({ kind, offset }) => kind === 'damaged' && offset === at;
}

function isInside(offset: number, range: Range): boolean {
  return offset >= range.offset && offset < range.offset + range.length;
}

/** The bytes without what is excluded. @param start offset in the segment of the bytes */
function without(bytes: Buffer, start: number, excluded: readonly Exclusion[]): Buffer {
  const parts = [];
  let at = 0;
  for (const { offset, length } of excluded) {
    parts.push(bytes.subarray(at, offset - start));
    at = offset - start + length;
  }
  parts.push(bytes.subarray(at));
  return Buffer.concat(parts);
}
