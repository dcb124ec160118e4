/**
 * The queue: what was answered 200 and is not acknowledged yet, on disk.
 *
 * Requests that wait at the same moment are appended together and share one fdatasync (group
 * commit). A request is acknowledged to its sender when that has returned. Segments are removed as
 * a whole, when the relay knows that a manager has all of it. The directory holds
 *
 *   NNNNNNNNNNNNNNNN.idmef  segments; the number counts up
 *   lock                    see lock.ts
 */
import { join } from 'node:path';
import { GatewayError, reason } from '../errors.ts';
import type { AppendFile, Disk } from './files.ts';
import { lockDirectory } from './lock.ts';
import { recover, type Recovered } from './recover.ts';
import { segmentName, stampRequest } from './segment.ts';

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

interface OwnSegment extends Segment {
  readonly number: number;
  length: number;
  messages: number;
  sealed: boolean;
}

interface Waiting {
  readonly frames: Buffer;
  readonly messages: number;
  readonly resolve: () => void;
  readonly reject: (error: GatewayError) => void;
}

export interface QueueOptions {
  readonly directory: string;
  /** most bytes that may wait */
  readonly limit: number;
  readonly disk: Disk;
  /** a write or sync failed; what was not acknowledged is gone from the queue */
  readonly onFailure: (error: GatewayError) => void;
}

/** A segment of this size is not appended to any more. */
const SEGMENT_SIZE = 8 * 1024 * 1024;

export class Queue {
  readonly #options: QueueOptions;
  readonly #unlock: () => void;
  readonly #segments: OwnSegment[] = [];
  /** the file of the last segment, while it is appended to */
  #file: AppendFile | undefined;
  #nextNumber = 1;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #bytes = 0;
  #running: Promise<void> | undefined;
  #sealing = false;
  #listeners: (() => void)[] = [];

  private constructor(options: QueueOptions, unlock: () => void) {
    this.#options = options;
    this.#unlock = unlock;
  }

  /**
   * Opens the directory, makes it if needed, and recovers what a crash left.
   * @returns the queue, and what was found
   * @throws GatewayError configuration if the directory cannot be used or belongs to another gateway
   */
  static async open(options: QueueOptions): Promise<{ queue: Queue; recovered: Recovered[] }> {
    const { directory, disk } = options;
    let unlock: (() => void) | undefined;
    try {
      await disk.makeDirectory(directory);
      unlock = lockDirectory(directory);
      const queue = new Queue(options, unlock);
      const recovered = await recover(disk, directory);
      for (const segment of recovered) await queue.#adopt(segment);
      return { queue, recovered };
    } catch (error) {
      unlock?.();
      if (error instanceof GatewayError) throw error;
      throw new GatewayError(
        'configuration',
        `cannot use the queue directory ${directory}: ${reason(error)}; it has to exist or be creatable, and be writable for the gateway's user`,
        { cause: error },
      );
    }
  }

  async #adopt({ number, path, contents, createdAt }: Recovered): Promise<void> {
    this.#nextNumber = number + 1;
    if (contents.length === 0) {
      await this.#options.disk.remove(path);
      return;
    }
    const { length, messages } = contents;
    this.#segments.push({ number, path, length, messages, sealed: true, createdAt });
    this.#bytes += length;
  }

  /** All segments, oldest first; they change as requests come and go. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Messages on disk. */
  get messages(): number {
    return this.#segments.reduce((sum, { messages }) => sum + messages, 0);
  }

  /** Bytes that may wait at most. */
  get limit(): number {
    return this.#options.limit;
  }

  /**
   * Appends the frames of one request, all or none; changes the times in their headers.
   * @returns when they are on disk for good
   * @throws GatewayError queue-full, queue-failed
   */
  append(frames: Buffer, messages: number): Promise<void> {
    const { limit } = this.#options;
    if (this.#bytes + this.#waitingBytes + frames.length > limit)
      return Promise.reject(
        new GatewayError('queue-full', `the queue is full (${limit} bytes); try again later`),
      );
    stampRequest(frames);
    this.#waitingBytes += frames.length;
    const done = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ frames, messages, resolve, reject });
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

  /** Removes segments that a manager has. */
  async remove(delivered: readonly Segment[]): Promise<void> {
    for (const segment of delivered) {
      const place = this.#segments.findIndex(({ path }) => path === segment.path);
      if (place < 0) continue;
      await this.#options.disk.remove(segment.path);
      this.#segments.splice(place, 1);
      this.#bytes -= segment.length;
    }
    await this.#options.disk.syncDirectory(this.#options.directory);
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
    this.#unlock();
  }

  #changed(): void {
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  /** Starts the work if it does not run. */
  #work(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Commits what waits, again and again, until nothing waits. */
  async #run(): Promise<void> {
    while (this.#waiting.length > 0 || this.#sealing) {
      const batch = this.#waiting;
      this.#waiting = [];
      this.#waitingBytes = 0;
      if (batch.length > 0) await this.#commit(batch);
      if (this.#sealing) {
        this.#sealing = false;
        await this.#finishSegment();
      }
      this.#changed();
    }
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const size = batch.reduce((sum, { frames }) => sum + frames.length, 0);
    try {
      const { file, segment } = await this.#appendable();
      await file.append(batch.map(({ frames }) => frames));
      await file.sync();
      segment.length += size;
      segment.messages += batch.reduce((sum, { messages }) => sum + messages, 0);
      this.#bytes += size;
      for (const { resolve } of batch) resolve();
      if (segment.length >= SEGMENT_SIZE) await this.#finishSegment();
    } catch (cause) {
      const error = new GatewayError(
        'queue-failed',
        `cannot write to the queue: ${reason(cause)}; try again later`,
        { cause },
      );
      await this.#abandonSegment();
      for (const { reject } of batch) reject(error);
      this.#options.onFailure(error);
    }
  }

  /** The segment that is appended to; a new one if there is none. */
  async #appendable(): Promise<{ file: AppendFile; segment: OwnSegment }> {
    const last = this.#segments.at(-1);
    if (this.#file !== undefined && last !== undefined) return { file: this.#file, segment: last };
    const { disk, directory } = this.#options;
    const number = this.#nextNumber++;
    const path = join(directory, segmentName(number));
    const file = await disk.create(path);
    this.#file = file;
    const segment = { number, path, length: 0, messages: 0, sealed: false, createdAt: Date.now() };
    this.#segments.push(segment);
    // the file's own sync does not make its name durable
    await disk.syncDirectory(directory);
    return { file, segment };
  }

  /** Ends the last segment in good order. */
  async #finishSegment(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    this.#sealLast();
    try {
      await file.close();
    } catch {
      // all that counts has been synced
    }
  }

  /**
   * Ends the last segment after a failure: what was synced before stays, the rest is cut off. If
   * even that fails nobody reads behind `length`, and recovery finds whole requests at most, which
   * their senders will send again.
   */
  async #abandonSegment(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    const last = this.#sealLast();
    try {
      await file.truncate(last.length);
      await file.sync();
    } catch {
      // see above
    }
    try {
      await file.close();
    } catch {
      // see above
    }
    if (last.length === 0) await this.#forget(last);
  }

  #sealLast(): OwnSegment {
    const last = this.#segments.at(-1);
    if (last === undefined) throw new Error('a file without a segment');
    last.sealed = true;
    return last;
  }

  /** A segment that never held anything. */
  async #forget(segment: OwnSegment): Promise<void> {
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    try {
      await this.#options.disk.remove(segment.path);
    } catch {
      // recovery removes it
    }
  }
}
