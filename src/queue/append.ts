/** Writing at the end of the queue: one segment at a time, each batch synced before it counts. */
import { join } from 'node:path';
import type { AppendFile, Disk } from './files.ts';
import { segmentName } from './segment.ts';

/** A segment as others see it. */
export interface Segment {
  readonly path: string;
  /** bytes that are on disk for good: whole requests */
  readonly length: number;
  readonly messages: number;
  /** nothing more is appended */
  readonly sealed: boolean;
  /** milliseconds since 1970 */
  readonly createdAt: number;
}

/** A segment as the queue keeps it. */
export interface OwnSegment extends Segment {
  length: number;
  messages: number;
  sealed: boolean;
}

/** A segment of this size is not appended to any more. */
const SEGMENT_SIZE = 8 * 1024 * 1024;

export class Appender {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #segments: OwnSegment[];
  #nextNumber: number;
  #current: { readonly file: AppendFile; readonly segment: OwnSegment } | undefined;

  /** @param segments all of the queue; those that are made here are added to it */
  constructor(disk: Disk, directory: string, segments: OwnSegment[], nextNumber: number) {
    this.#disk = disk;
    this.#directory = directory;
    this.#segments = segments;
    this.#nextNumber = nextNumber;
  }

  /**
   * Appends whole requests. When it resolves they are on disk for good; when it rejects they are
   * not in the queue, and the segment is not appended to again: after a failed sync nobody knows
   * what the disk has of it.
   */
  async append(requests: readonly Buffer[], messages: number): Promise<void> {
    try {
      const { file, segment } = await this.#appendable();
      await file.append(requests);
      await file.sync();
      segment.length += requests.reduce((sum, { length }) => sum + length, 0);
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

  async #appendable(): Promise<{ file: AppendFile; segment: OwnSegment }> {
    if (this.#current !== undefined) return this.#current;
    const path = join(this.#directory, segmentName(this.#nextNumber++));
    const file = await this.#disk.create(path);
    const segment = { path, length: 0, messages: 0, sealed: false, createdAt: Date.now() };
    this.#segments.push(segment);
    this.#current = { file, segment };
    // the file's own sync does not make its name durable
    await this.#disk.syncDirectory(this.#directory);
    return this.#current;
  }

  /**
   * Ends the segment after a failure: what was synced before stays, the rest is cut off. If even
   * that fails nobody reads behind `length`, and recovery finds whole requests at most, which their
   * senders will send again.
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
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    await quietly(() => this.#disk.remove(segment.path));
  }
}

/** Does what may fail without harm. */
async function quietly(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch {
    // recovery sees to it
  }
}
