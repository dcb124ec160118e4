/**
 * Group commit: requests that arrive while the disk is busy are written together and share one
 * fdatasync. At most one write runs at a time.
 */
import { GatewayError, reason } from '../errors.ts';
import type { Appender } from './append.ts';
import type { QueueEvents } from './events.ts';
import type { Batch } from './recent.ts';

/** A batch that has not been written yet: more requests can join it. */
class OpenBatch implements Batch {
  readonly requests: Buffer[] = [];
  length = 0;
  messages = 0;

  add({ requests, length, messages }: Batch): void {
    this.requests.push(...requests);
    this.length += length;
    this.messages += messages;
  }
}

export interface GroupCommitOptions {
  readonly appender: Appender;
  readonly events: QueueEvents;
  /** Called after each write, successful or not, and after each seal. */
  readonly changed: () => void;
}

export class GroupCommit {
  readonly #options: GroupCommitOptions;
  /** the batch that is written next, and the promise that all its requests share */
  #open: { readonly batch: OpenBatch; readonly durable: Promise<void> } | undefined;
  /** the end of the last write or seal that was asked for; it never rejects */
  #last: Promise<void> = Promise.resolve();
  #pendingBytes = 0;
  #failing = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** Bytes that wait or are being written. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Whether the last write failed. */
  get failing(): boolean {
    return this.#failing;
  }

  /**
   * Appends whole requests, all or none.
   * @returns resolves when they are durable
   * @throws GatewayError queue-failed
   */
  append(requests: Batch): Promise<void> {
    this.#pendingBytes += requests.length;
    this.#open ??= this.#openBatch();
    this.#open.batch.add(requests);
    return this.#open.durable;
  }

  /** Closes the current segment, after the requests that wait are written. */
  seal(): Promise<void> {
    return this.#enqueue(() => this.#options.appender.seal());
  }

  #openBatch(): { batch: OpenBatch; durable: Promise<void> } {
    const batch = new OpenBatch();
    return { batch, durable: this.#enqueue(() => this.#commit(batch)) };
  }

  /** Runs the action when the earlier ones have ended. */
  #enqueue(action: () => Promise<void>): Promise<void> {
    const done = this.#last.then(action);
    this.#last = done.then(this.#options.changed, this.#options.changed);
    return done;
  }

  async #commit(batch: OpenBatch): Promise<void> {
    // from here on requests go to the next batch
    this.#open = undefined;
    try {
      await this.#options.appender.append(batch);
      this.#failing = false;
    } catch (cause) {
      const message = `cannot write to the queue: ${reason(cause)}; try again later`;
      const error = new GatewayError('queue-failed', message, { cause });
      this.#failing = true;
      this.#options.events.failed(error);
      throw error;
    } finally {
      this.#pendingBytes -= batch.length;
    }
  }
}
