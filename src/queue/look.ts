/** What can be said of the queue to those who watch it. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { reason } from '../errors.ts';
import type { Disk } from './files.ts';
import type { Queue, Segment } from './queue.ts';
import { countRejected } from './rejected.ts';
import type { Source } from './share.ts';

/** The queue at one moment, as plain data. */
export interface QueueFigures {
  /** messages that managers do not have yet */
  readonly messages: number;
  /** bytes on disk, also of what managers have and the queue does not remove yet */
  readonly bytes: number;
  /** bytes that may wait at most */
  readonly limit: number;
  /** since when the oldest message may be waiting, in milliseconds since 1970; undefined if none is */
  readonly oldestAt: number | undefined;
  /** what could not be delivered and is kept for the operator */
  readonly rejected: number;
}

/** Less room than that takes no ordinary request any more. */
const LITTLE_ROOM = 16 * 1024;
/** what is written to see whether the disk takes it */
const PROBE_SIZE = 64 * 1024;
const PROBE_FILE = 'probe.tmp';
/** so long in milliseconds the disk is not tried again */
const PROBE_INTERVAL = 1000;
const PROBE_PATIENCE = 5000;

export interface LookOptions {
  readonly queue: Queue;
  /** the queue as each of the relays sees it, one or more */
  readonly sources: readonly Source[];
  readonly disk: Disk;
  readonly directory: string;
}

/** Looks at the queue. */
export class Look {
  readonly #options: LookOptions;
  #probing = false;
  #probed = -Infinity;
  #probe: Promise<string | undefined> = Promise.resolve(undefined);

  constructor(options: LookOptions) {
    this.#options = options;
  }

  async figures(): Promise<QueueFigures> {
    const { queue, sources, disk, directory } = this.#options;
    const rejected = await countRejected(disk, directory);
    const { bytes, limit } = queue;
    // each relay goes through the same segments, so the last one waits for all that waits
    const messages = Math.max(...sources.map((source) => source.messages));
    const waits = (segment: Segment): boolean =>
      sources.some((source) => source.acknowledged(segment).length < segment.length);
    const oldest = queue.segments.find(waits);
    return { messages, bytes, limit, oldestAt: oldest?.createdAt, rejected };
  }

  /** Why the queue cannot take an ordinary request now; undefined if it can. */
  async obstacle(): Promise<string | undefined> {
    const { bytes, limit } = this.#options.queue;
    if (bytes + Math.min(LITTLE_ROOM, limit) > limit)
      return `the queue is full: ${bytes} of ${limit} bytes`;
    // the disk may be in order again, or not any more, without a request that shows it
    if (!this.#probing && performance.now() - this.#probed >= PROBE_INTERVAL) {
      this.#probing = true;
      this.#probe = this.#tryDisk().finally(() => {
        this.#probing = false;
        this.#probed = performance.now();
      });
    }
    const given = new AbortController();
    const late = sleep(PROBE_PATIENCE, 'the disk of the queue does not answer', given);
    try {
      return await Promise.race([this.#probe, late]);
    } finally {
      given.abort();
      late.catch(() => undefined);
    }
  }

  async #tryDisk(): Promise<string | undefined> {
    const { disk, directory } = this.#options;
    const path = join(directory, PROBE_FILE);
    try {
      await disk.removeIfThere(path);
      const file = await disk.create(path);
      try {
        await file.append([Buffer.alloc(PROBE_SIZE)]);
        await file.sync();
      } finally {
        await file.close();
        await disk.removeIfThere(path);
      }
      return undefined;
    } catch (error) {
      return `the queue cannot be written: ${reason(error)}`;
    }
  }
}
