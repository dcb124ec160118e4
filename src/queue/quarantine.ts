/**
 * What of a segment is not delivered: excluded from it, and copied to QUEUE/rejected. The segment itself
 * is not changed, and is not removed before the copy is durable. So a full disk delays the copy and
 * nothing else.
 */
import type { Exclusion, OwnSegment } from './append.ts';
import type { Disk } from './files.ts';
import { setAside } from './rejected.ts';
import { stampRequest, type Range } from './segment.ts';

/** larger parts are not copied: only a file that is no segment has them */
const MAX_COPIED = 256 * 1024 * 1024;
const BLOCK = 64 * 1024;

const DAMAGED = 'the disk gave back other bytes than were written; no intact request begins here';

export class Quarantine {
  readonly #disk: Disk;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Excludes damaged bytes. */
  excludeDamaged(segment: OwnSegment, range: Range): Exclusion {
    return this.#exclude(segment, { ...range, kind: 'damaged', why: DAMAGED, kept: undefined });
  }

  /** Excludes a frame that is intact but cannot be decoded. @param why for the operator, one line */
  excludeFrame(segment: OwnSegment, range: Range, why: string): Exclusion {
    return this.#exclude(segment, { ...range, kind: 'undecodable', why, kept: undefined });
  }

  #exclude(segment: OwnSegment, exclusion: Exclusion): Exclusion {
    const known = segment.exclusions.find(
      ({ offset, length }) => offset === exclusion.offset && length === exclusion.length,
    );
    if (known !== undefined) return known;
    segment.exclusions.push(exclusion);
    segment.exclusions.sort((a, b) => a.offset - b.offset);
    return exclusion;
  }

  /** Copies an excluded part if that has not been done. @throws if the disk does not take it */
  async keep(segment: OwnSegment, exclusion: Exclusion): Promise<void> {
    if (exclusion.kept !== undefined) return;
    const { offset, length, why } = exclusion;
    if (length > MAX_COPIED) throw new Error(`${length} bytes at once are not copied`);
    const bytes = await this.#read(segment.path, { offset, length });
    // alone it is a request of its own, which `secef queue retry` can put back
    if (exclusion.kind === 'undecodable') stampRequest(bytes);
    exclusion.kept = await setAside(this.#disk, { segment: segment.path, offset, bytes, why });
  }

  /** Copies all that is excluded. @throws if the disk does not take it */
  async keepAll(segment: OwnSegment): Promise<void> {
    for (const exclusion of segment.exclusions) await this.keep(segment, exclusion);
  }

  /** Whether a part holds nothing but zeros, as a crash leaves blocks that were not written. */
  async isZeros(segment: OwnSegment, { offset, length }: Range): Promise<boolean> {
    for (let at = 0; at < length; at += BLOCK) {
      const size = Math.min(BLOCK, length - at);
      const bytes = await this.#read(segment.path, { offset: offset + at, length: size });
      if (bytes.some((byte) => byte !== 0)) return false;
    }
    return true;
  }

  /** That part of a file, or what there is of it. */
  async #read(path: string, { offset, length }: Range): Promise<Buffer> {
    const file = await this.#disk.openRead(path);
    try {
      const bytes = Buffer.alloc(length);
      let filled = 0;
      while (filled < length) {
        const read = await file.read(bytes.subarray(filled), offset + filled);
        if (read === 0) break;
        filled += read;
      }
      return bytes.subarray(0, filled);
    } finally {
      await file.close();
    }
  }
}
