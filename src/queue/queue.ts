/**
 * The queue: what was answered 200 and is not acknowledged yet, on disk.
 *
 * Requests that wait at the same moment are appended together and share one fdatasync (group
 * commit). A request is acknowledged to its sender when that has returned. Segments are removed as
 * a whole, when the relay knows that a manager has all of it. The directory holds
 *
 *   NNNNNNNNNNNNNNNN.idmef  segments; the number counts up
 *   lock                    see lock.ts
 *   rejected/, retry/       see rejected.ts
 */
import { basename, join } from 'node:path';
import { GatewayError, reason } from '../errors.ts';
import { Appender, type OwnSegment, type Segment } from './append.ts';
import type { Disk } from './files.ts';
import { recover, type Recovered } from './recover.ts';
import { RETRY, setAside, writeWhole } from './rejected.ts';
import { splitRequests, stampRequest } from './segment.ts';

export type { Segment } from './append.ts';

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

/** the part of the limit above which there is little room */
const PRESSURE = 0.5;

export class Queue {
  readonly #options: QueueOptions;
  readonly #unlock: () => void;
  readonly #segments: OwnSegment[];
  readonly #appender: Appender;
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

  private constructor(options: QueueOptions, unlock: () => void, recovered: readonly Recovered[]) {
    this.#options = options;
    this.#unlock = unlock;
    this.#segments = recovered
      .filter(({ contents }) => contents.length > 0)
      .map(({ path, contents: { length, messages }, createdAt }) => ({
        path,
        length,
        messages,
        sealed: true,
        createdAt,
      }));
    const next = (recovered.at(-1)?.number ?? 0) + 1;
    this.#appender = new Appender(options.disk, options.directory, this.#segments, next);
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
      unlock = disk.lock(directory);
      const recovered = await recover(disk, directory);
      for (const { path, contents } of recovered)
        if (contents.length === 0) await disk.remove(path);
      return { queue: new Queue(options, unlock, recovered), recovered };
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

  /** All segments, oldest first; they change as requests come and go. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, { length }) => sum + length, 0);
  }

  /** Messages on disk. */
  get messages(): number {
    return this.#segments.reduce((sum, { messages }) => sum + messages, 0);
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
   * @returns when they are on disk for good
   * @throws GatewayError queue-full, queue-failed
   */
  append(frames: Buffer, messages: number): Promise<void> {
    const { limit } = this.#options;
    if (this.bytes + this.#pendingBytes + frames.length > limit)
      return Promise.reject(
        new GatewayError('queue-full', `the queue is full (${limit} bytes); try again later`),
      );
    stampRequest(frames);
    this.#pendingBytes += frames.length;
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
      const place = this.#place(segment);
      if (place < 0) continue;
      await this.#options.disk.removeIfThere(segment.path);
      this.#segments.splice(place, 1);
    }
    await this.#options.disk.syncDirectory(this.#options.directory);
    this.#changed();
  }

  /**
   * Takes one frame out of a sealed segment and keeps it for the operator.
   * @param index of the frame in the segment
   * @returns the name to use with `secef queue`
   */
  async setAside(segment: Segment, index: number, why: string): Promise<string> {
    const { disk, directory } = this.#options;
    const own = this.#segments[this.#place(segment)];
    if (own?.sealed !== true) throw new Error('only sealed segments are changed');
    const requests = splitRequests(await disk.read(own.path));
    const all = requests.flat();
    const frame = all[index];
    if (frame === undefined) throw new Error(`the segment has no frame ${index}`);
    const offset = all.slice(0, index).reduce((sum, { length }) => sum + length, 0);
    const alone = Buffer.from(frame);
    stampRequest(alone);
    const name = await setAside(disk, directory, {
      segment: basename(own.path, '.idmef'),
      offset,
      bytes: alone,
      why,
    });
    const rest = requests
      .map((frames) => Buffer.concat(frames.filter((other) => other !== frame)))
      .filter(({ length }) => length > 0);
    for (const request of rest) stampRequest(request);
    if (rest.length === 0) {
      await this.remove([own]);
      return name;
    }
    const bytes = Buffer.concat(rest);
    await writeWhole(disk, own.path, bytes, own.createdAt);
    await disk.syncDirectory(directory);
    own.length = bytes.length;
    own.messages--;
    return name;
  }

  /** Takes back what `secef queue retry` has put into QUEUE/retry. @returns how many messages */
  async takeRetries(): Promise<number> {
    const { disk, directory } = this.#options;
    const from = join(directory, RETRY);
    await disk.makeDirectory(from);
    let taken = 0;
    for (const file of await disk.list(from)) {
      if (!file.endsWith('.idmef')) continue;
      // the command has looked whether its requests are whole
      for (const frames of splitRequests(await disk.read(join(from, file)))) {
        await this.append(Buffer.concat(frames), frames.length);
        taken += frames.length;
      }
      await disk.remove(join(from, file));
    }
    return taken;
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

  #place(segment: Segment): number {
    return this.#segments.findIndex(({ path }) => path === segment.path);
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
    const frames = batch.map((waiting) => waiting.frames);
    try {
      await this.#appender.append(
        frames,
        batch.reduce((sum, { messages }) => sum + messages, 0),
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
      this.#options.onFailure(error);
    } finally {
      this.#pendingBytes -= frames.reduce((sum, { length }) => sum + length, 0);
    }
  }
}
