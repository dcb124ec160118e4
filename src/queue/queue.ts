/**
 * The queue: what was answered 200 and is not acknowledged yet, on disk.
 *
 * Requests that wait at the same moment are appended together and share one fdatasync (group
 * commit). A request is acknowledged to its sender when that has returned. The queue remembers how much
 * of each segment managers have, and removes a segment as a whole. The directory holds
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
import { openError } from './open-error.ts';
import { Quarantine } from './quarantine.ts';
import { SegmentReader, type Reader } from './reader.ts';
import { Recent } from './recent.ts';
import { Recovery, segmentNames } from './recover.ts';
import { removeLeftOvers } from './rejected.ts';
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

interface Waiting {
  readonly requests: readonly Buffer[];
  readonly bytes: number;
  readonly messages: number;
  readonly resolve: () => void;
  readonly reject: (error: GatewayError) => void;
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
  readonly #segments: OwnSegment[] = [];
  readonly #recent = new Recent();
  readonly #quarantine: Quarantine;
  readonly #recovery: Recovery;
  #appender: Appender;
  /** names of files that could not be read at the start, and when that was tried last */
  readonly #unread = new Map<string, number>();
  #waiting: Waiting[] = [];
  /** bytes that wait or are being written */
  #pendingBytes = 0;
  /** the work runs and will look at what waits again */
  #active = false;
  #running: Promise<void> | undefined;
  #sealing = false;
  #listeners: (() => void)[] = [];
  /** the last write failed */
  #failing = false;
  /** the removal that runs, or the last one */
  #releasing: Promise<void> = Promise.resolve();

  private constructor(options: QueueOptions, unlock: () => void) {
    const { disk, directory, events } = options;
    this.#options = options;
    this.#unlock = unlock;
    this.#quarantine = new Quarantine(disk);
    this.#recovery = new Recovery(disk, directory, events);
    this.#appender = this.#makeAppender(1);
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
    return this.#segments;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, { length }) => sum + length, 0);
  }

  /** Messages that managers do not have yet. */
  get messages(): number {
    return this.#segments.reduce(
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
    return this.#failing || this.bytes >= this.limit * PRESSURE;
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
    const bytes = requests.reduce((sum, { length }) => sum + length, 0);
    if (this.bytes + this.#pendingBytes + bytes > limit)
      return Promise.reject(
        new GatewayError('queue-full', `the queue is full (${limit} bytes); try again later`),
      );
    this.#pendingBytes += bytes;
    const done = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ requests, bytes, messages, resolve, reject });
    });
    this.#work();
    return done;
  }

  /** Nothing more is appended to the segments that are there now. */
  async seal(): Promise<void> {
    this.#sealing = true;
    this.#work();
    await this.#running;
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
    if (isMissing(error) && own.sealed) this.#forget(own);
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
    if (this.#segments.some((own) => !own.sealed && isDone(own))) await this.seal();
    await this.#release();
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
    for (const own of this.#segments)
      if ((own.unreadableSince ?? Infinity) < before) own.unreadableSince = undefined;
    for (const [name, tried] of this.#unread) if (tried < before) await this.#recoverSegment(name);
    await this.#release();
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
    await this.#releasing;
    this.#unlock();
  }

  #makeAppender(nextNumber: number): Appender {
    const { disk, directory } = this.#options;
    return new Appender(disk, directory, this.#segments, this.#recent, nextNumber);
  }

  async #recover(): Promise<void> {
    const { disk, directory } = this.#options;
    await removeLeftOvers(disk, directory);
    const names = await segmentNames(disk, directory);
    this.#recovery.reportGaps(names);
    for (const name of names) await this.#recoverSegment(name, name === names.at(-1));
    this.#appender = this.#makeAppender((segmentNumber(names.at(-1) ?? '') ?? 0) + 1);
  }

  /** Adds a segment that is on the disk. One that cannot be read is tried again later. */
  async #recoverSegment(name: string, newest = false): Promise<void> {
    const { directory, events } = this.#options;
    const known = this.#unread.delete(name);
    try {
      const segment = await this.#recovery.recover(name, newest);
      if (segment === undefined) return;
      const next = this.#segments.findIndex(({ path }) => path > segment.path);
      this.#segments.splice(next < 0 ? this.#segments.length : next, 0, segment);
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

  /** Removes all segments that managers have. */
  #release(): Promise<void> {
    this.#releasing = this.#releasing.then(() => this.#releaseAll());
    return this.#releasing;
  }

  async #releaseAll(): Promise<void> {
    const { disk, directory, events } = this.#options;
    const done = this.#segments.filter((own) => own.sealed && isDone(own));
    if (done.length === 0) return;
    try {
      for (const own of done) await this.#remove(own);
      await disk.syncDirectory(directory);
    } catch (cause) {
      const message = `cannot remove what was delivered: ${reason(cause)}; tries again`;
      events.failed(new GatewayError('queue-failed', message, { cause }));
    }
    this.#changed();
  }

  async #remove(own: OwnSegment): Promise<void> {
    try {
      await this.#quarantine.keepAll(own);
      await this.#options.disk.removeIfThere(own.path);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    this.#forget(own);
  }

  #own(segment: Segment): OwnSegment | undefined {
    return this.#segments.find(({ path }) => path === segment.path);
  }

  #forget(own: OwnSegment): void {
    const index = this.#segments.indexOf(own);
    if (index >= 0) this.#segments.splice(index, 1);
  }

  #changed(): void {
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  /** Starts the work if it does not run. */
  #work(): void {
    if (this.#active) return;
    this.#active = true;
    this.#running = this.#run();
  }

  /** Commits what waits, again and again, until nothing waits. */
  async #run(): Promise<void> {
    while (this.#waiting.length > 0 || this.#sealing) {
      const batch = this.#waiting;
      this.#waiting = [];
      if (batch.length > 0) await this.#commit(batch);
      if (this.#sealing) {
        this.#sealing = false;
        await this.#appender.seal();
      }
      this.#changed();
    }
    // in the same turn as the last look at what waits, or a request could be left waiting
    this.#active = false;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const sum = (of: (waiting: Waiting) => number): number =>
      batch.reduce((total, waiting) => total + of(waiting), 0);
    const requests = batch.flatMap((waiting) => waiting.requests);
    try {
      await this.#appender.append(
        requests,
        sum(({ messages }) => messages),
      );
      this.#failing = false;
      for (const { resolve } of batch) resolve();
    } catch (cause) {
      const error = new GatewayError(
        'queue-failed',
        `cannot write to the queue: ${reason(cause)}; try again later`,
        { cause },
      );
      this.#failing = true;
      for (const { reject } of batch) reject(error);
      this.#options.events.failed(error);
    } finally {
      this.#pendingBytes -= sum(({ bytes }) => bytes);
    }
  }
}

/** Managers have all of it. */
function isDone({ acknowledged, length }: OwnSegment): boolean {
  return length > 0 && acknowledged.length >= length;
}
