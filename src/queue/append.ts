/** Writing at the end of the queue: one segment at a time, each batch synced before it counts. */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { quietly, type AppendFile, type Disk } from './files.ts';
import type { Batch, Recent } from './recent.ts';
import type { SegmentList } from './segment-list.ts';
import { segmentName, stampRequest, type Range } from './segment.ts';

/** A segment as others see it. */
export interface Segment {
  readonly path: string;
  /** durable bytes; all of it are whole requests, but for what is excluded */
  readonly length: number;
  readonly messages: number;
  /** nothing more is appended */
  readonly sealed: boolean;
  /** milliseconds since 1970 */
  readonly createdAt: number;
}

/** A part of a segment that is not delivered. */
export interface Exclusion extends Range {
  /** damaged bytes from the begin of a request on, or one frame of an intact request */
  readonly kind: 'damaged' | 'undecodable';
  /** for the operator: one line */
  why: string;
  /** the name of the copy in QUEUE/rejected; undefined as long as it could not be written */
  kept: string | undefined;
}

/** A segment as the queue keeps it. */
export interface OwnSegment extends Segment {
  /** where its checksums begin, see segment.ts */
  readonly seed: number;
  length: number;
  messages: number;
  sealed: boolean;
  /** what is not delivered, by offset */
  exclusions: Exclusion[];
  /** what managers have of it, from its begin */
  acknowledged: { readonly length: number; readonly messages: number };
  /** since when it cannot be read, on the clock of performance.now; undefined if it can */
  unreadableSince: number | undefined;
}

/** A segment of this size is not appended to any more. */
const SEGMENT_SIZE = 8 * 1024 * 1024;
/** seeds are 1 to 2^32 - 1: 0 is that of segments without one */
const SEEDS = 2 ** 32;

export const NOTHING_ACKNOWLEDGED = { length: 0, messages: 0 };

interface Current {
  readonly file: AppendFile;
  readonly segment: OwnSegment;
}

export class Appender {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #segments: SegmentList;
  readonly #recent: Recent;
  /** the number of the next segment */
  nextNumber = 1;
  #current: Current | undefined;

  /**
   * @param segments all of the queue; those that are made here are added to it
   * @param recent gets what has been appended
   */
  constructor(disk: Disk, directory: string, segments: SegmentList, recent: Recent) {
    this.#disk = disk;
    this.#directory = directory;
    this.#segments = segments;
    this.#recent = recent;
  }

  /**
   * Appends whole requests and changes the times in their headers. When it resolves they are durable;
   * when it rejects they are not in the queue, and the segment is not appended to again: after a failed
   * sync nobody knows what the disk has of it.
   */
  async append(batch: Batch): Promise<void> {
    const { requests, length, messages } = batch;
    try {
      const { file, segment } = await this.#appendable();
      for (const request of requests) stampRequest(request, segment.seed);
      await file.append(requests);
      await file.sync();
      this.#recent.add(segment.path, segment.length, batch);
      segment.length += length;
      segment.messages += messages;
      if (segment.length >= SEGMENT_SIZE) await this.seal();
    } catch (error) {
      await this.#abandon();
      throw error;
    }
  }

  /** Nothing more is appended to the segments that are there now. */
  async seal(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    current.segment.sealed = true;
    // all that counts has been synced
    await quietly(() => current.file.close());
  }

  async #appendable(): Promise<Current> {
    if (this.#current !== undefined) return this.#current;
    this.#current = await this.#create();
    this.#segments.add(this.#current.segment);
    // the file's own sync does not make its name durable
    await this.#disk.syncDirectory(this.#directory);
    return this.#current;
  }

  async #create(): Promise<Current> {
    const seed = randomInt(1, SEEDS);
    const path = join(this.#directory, segmentName(this.nextNumber, seed));
    const file = await this.#disk.create(path);
    this.nextNumber++;
    return { file, segment: newSegment(path, seed) };
  }

  /**
   * Ends the segment after a failure: what was synced before stays, the rest is cut off. If even
   * that fails readers still stop at `length`; recovery may find complete requests that were not
   * acknowledged, which their senders send again (a duplicate at worst).
   */
  async #abandon(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    const { file, segment } = current;
    segment.sealed = true;
    await quietly(() => file.truncate(segment.length));
    await quietly(() => file.sync());
    await quietly(() => file.close());
    if (segment.length > 0) return;
    this.#segments.remove(segment);
    await quietly(async () => {
      await this.#disk.remove(segment.path);
      // a gap in the numbers means that a file was lost
      this.nextNumber--;
    });
  }
}

function newSegment(path: string, seed: number): OwnSegment {
  return {
    ...{ path, seed, length: 0, messages: 0, sealed: false, createdAt: Date.now() },
    ...{ exclusions: [], acknowledged: NOTHING_ACKNOWLEDGED, unreadableSince: undefined },
  };
}
