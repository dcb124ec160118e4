/**
 * The queue: what was answered 200 and is not acknowledged yet, on disk.
 *
 * Requests that wait at the same moment are appended together and share one fdatasync
 * (group-commit.ts). A request is acknowledged to its sender when that has returned. The queue remembers
 * how much of each segment managers have, and removes a segment as a whole (removal.ts). The directory
 * holds
 *
 *   NNNNNNNNNNNNNNNN-SSSSSSSS.idmef  segments: number, which counts up, and seed (see segment.ts)
 *   rejected/, retry/                see rejected.ts
 *
 * Only the process that has the lock writes segments. `length` of a segment covers what is durable.
 * Whatever is read is verified first (reader.ts); what does not fit is excluded (quarantine.ts).
 */
import { join } from 'node:path';
import { GatewayError, reason } from '../errors.ts';
import { Appender, type OwnSegment, type Segment } from './append.ts';
import type { QueueEvents } from './events.ts';
import { isMissing, type Disk } from './files.ts';
import { GroupCommit } from './group-commit.ts';
import { openError } from './open-error.ts';
import { Quarantine } from './quarantine.ts';
import { SegmentReader, type Reader } from './reader.ts';
import { Recent } from './recent.ts';
import { Recovery, segmentNames } from './recover.ts';
import { removeLeftOvers } from './rejected.ts';
import { isDone, Removal } from './removal.ts';
import { SegmentList } from './segment-list.ts';
import { segmentNumber, type Range } from './segment.ts';

export type { Segment } from './append.ts';

/** What a manager has of a segment. */
export interface Delivered {
  readonly segment: Segment;
  /** bytes from its begin */
  readonly length: number;
  /** messages in them */
  readonly messages: number;
}

export interface QueueOptions {
  readonly directory: string;
  /** most bytes that may wait */
  readonly limit: number;
  readonly disk: Disk;
  readonly events: QueueEvents;
}

/** the part of the limit above which there is little room */
const PRESSURE = 0.5;
/** how long a segment that cannot be read is left alone */
const UNREADABLE_RETRY_MS = 60_000;

export class Queue {
  readonly #options: QueueOptions;
  readonly #unlock: () => void;
  readonly #segments = new SegmentList();
  readonly #recent = new Recent();
  readonly #quarantine: Quarantine;
  readonly #recovery: Recovery;
  readonly #appender: Appender;
  readonly #commit: GroupCommit;
  readonly #removal: Removal;
  /** names of files that could not be read at the start, and when that was tried last */
  readonly #unread = new Map<string, number>();
  #listeners: (() => void)[] = [];

  private constructor(options: QueueOptions, unlock: () => void) {
    const { disk, directory, events } = options;
    this.#options = options;
    this.#unlock = unlock;
    this.#quarantine = new Quarantine(disk);
    this.#recovery = new Recovery(disk, directory, events);
    const changed = (): void => {
      this.#changed();
    };
    const appender = new Appender(disk, directory, this.#segments, this.#recent);
    this.#commit = new GroupCommit({ appender, events, changed });
    this.#removal = new Removal({
      ...{ disk, directory, events, segments: this.#segments },
      ...{ quarantine: this.#quarantine, changed },
    });
    this.#appender = appender;
  }

  /**
   * Opens the directory, makes it if needed, and recovers what a crash left.
   * @throws GatewayError configuration if the directory cannot be used or belongs to another gateway,
   *   system-error if the system fails in another way
   */
  static async open(options: QueueOptions): Promise<Queue> {
    const { directory, disk } = options;
    let unlock: (() => void) | undefined;
    try {
      await disk.makeDirectory(directory);
      unlock = disk.lock(directory);
      const queue = new Queue(options, unlock);
      await queue.#recover();
      return queue;
    } catch (error) {
      unlock?.();
      throw openError(directory, error);
    }
  }

  /** All segments, oldest first; they change as requests come and go. */
  get segments(): readonly Segment[] {
    return this.#segments.all;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#segments.bytes;
  }

  /** Messages that managers do not have yet. */
  get messages(): number {
    return this.#segments.all.reduce(
      (sum, { messages, acknowledged }) => sum + messages - acknowledged.messages,
      0,
    );
  }

  /** Bytes that may wait at most. */
  get limit(): number {
    return this.#options.limit;
  }

  /** There is little room, or none: what is delivered should be acknowledged soon. */
  get pressed(): boolean {
    return this.#commit.failing || this.bytes >= this.limit * PRESSURE;
  }

  /**
   * Appends the frames of one request, all or none; changes the times in their headers.
   * @returns when they are durable
   * @throws GatewayError queue-full, queue-failed
   */
  append(frames: Buffer, messages: number): Promise<void> {
    return this.appendAll([frames], messages);
  }

  /** Appends several requests, all or none, as `append` does one. */
  appendAll(requests: readonly Buffer[], messages: number): Promise<void> {
    const { limit } = this.#options;
    let length = 0;
    for (const request of requests) length += request.length;
    if (this.bytes + this.#commit.pendingBytes + length > limit)
      return Promise.reject(
        new GatewayError('queue-full', `the queue is full (${limit} bytes); try again later`),
      );
    return this.#commit.append({ requests, length, messages });
  }

  /** Nothing more is appended to the segments that are there now. */
  seal(): Promise<void> {
    return this.#commit.seal();
  }

  /** Whether a segment can be read now, as far as is known. */
  isReadable(segment: Segment): boolean {
    return this.#own(segment)?.unreadableSince === undefined;
  }

  /** Reads a segment from an offset on, where a request begins. */
  read(segment: Segment, from: number): Reader {
    const own = this.#own(segment);
    if (own === undefined) throw new Error(`${segment.path} is not in the queue any more`);
    const damaged = (range: Range): Promise<void> => this.#excludeDamaged(own, range);
    return new SegmentReader({
      ...{ disk: this.#options.disk, segment: own, from, recent: this.#recent, damaged },
    });
  }

  /** A segment could not be read: it is left alone for a while. A file that is gone is given up. */
  unreadable(segment: Segment, error: unknown): void {
    const own = this.#own(segment);
    if (own === undefined) return;
    const { events } = this.#options;
    events.unreadable({ segment: segment.path, why: reason(error) });
    own.unreadableSince = performance.now();
    if (isMissing(error) && own.sealed) this.#segments.remove(own);
    this.#changed();
  }

  /** Managers have that much of these segments; those of which they have all are removed. */
  async acknowledge(delivered: readonly Delivered[]): Promise<void> {
    for (const { segment, length, messages } of delivered) {
      const own = this.#own(segment);
      if (own !== undefined && length > own.acknowledged.length)
        own.acknowledged = { length, messages };
    }
    // one that is appended to cannot be removed
    if (this.#segments.all.some((own) => !own.sealed && isDone(own))) await this.seal();
    await this.#removal.removeDone();
  }

  /**
   * Excludes one frame that cannot be decoded and keeps it for the operator, as soon as the disk has
   * room.
   * @returns the name to use with `secef queue`; undefined if it could not be kept yet
   */
  async setAside(segment: Segment, frame: Range, why: string): Promise<string | undefined> {
    const own = this.#own(segment);
    if (own === undefined) throw new Error(`${segment.path} is not in the queue any more`);
    const before = own.exclusions.length;
    const exclusion = this.#quarantine.excludeFrame(own, frame, why);
    own.messages -= own.exclusions.length - before;
    await this.#keep(() => this.#quarantine.keep(own, exclusion));
    return exclusion.kept;
  }

  /** Tries again what has failed before: to read segments, to keep what is excluded, to remove files. */
  async tidy(): Promise<void> {
    const before = performance.now() - UNREADABLE_RETRY_MS;
    for (const own of this.#segments.all)
      if ((own.unreadableSince ?? Infinity) < before) own.unreadableSince = undefined;
    for (const [name, tried] of this.#unread) if (tried < before) await this.#recoverSegment(name);
    await this.#removal.removeDone();
    this.#changed();
  }

  /** Resolves at the next change of the segments. */
  change(): Promise<void> {
    return new Promise((resolve) => {
      this.#listeners.push(resolve);
    });
  }

  /** Waits for what is being appended, closes the segment and gives the directory free. */
  async close(): Promise<void> {
    await this.seal();
    await this.#removal.idle();
    this.#unlock();
  }

  async #recover(): Promise<void> {
    const { disk, directory } = this.#options;
    await removeLeftOvers(disk, directory);
    const names = await segmentNames(disk, directory);
    this.#recovery.reportGaps(names);
    for (const name of names) await this.#recoverSegment(name, name === names.at(-1));
    this.#appender.nextNumber = (segmentNumber(names.at(-1) ?? '') ?? 0) + 1;
  }

  /** Adds a segment that is on the disk. One that cannot be read is tried again later. */
  async #recoverSegment(name: string, newest = false): Promise<void> {
    const { directory, events } = this.#options;
    const known = this.#unread.delete(name);
    try {
      const segment = await this.#recovery.recover(name, newest);
      if (segment !== undefined) this.#segments.add(segment);
    } catch (error) {
      if (known && isMissing(error)) return;
      this.#unread.set(name, performance.now());
      if (!known) events.unreadable({ segment: join(directory, name), why: reason(error) });
    }
  }

  async #excludeDamaged(own: OwnSegment, range: Range): Promise<void> {
    const exclusion = this.#quarantine.excludeDamaged(own, range);
    await this.#keep(() => this.#quarantine.keep(own, exclusion));
    const { offset, length: bytes, kept } = exclusion;
    this.#options.events.damaged({ segment: own.path, offset, bytes, kept });
  }

  /** Does what can fail for lack of room; it is tried again before the segment is removed. */
  async #keep(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (cause) {
      this.#options.events.failed(
        new GatewayError('queue-failed', `cannot keep a copy: ${reason(cause)}`, { cause }),
      );
    }
  }

  #own(segment: Segment): OwnSegment | undefined {
    return this.#segments.find(segment.path);
  }

  #changed(): void {
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }
}
