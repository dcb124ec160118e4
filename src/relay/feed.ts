/** What one session carries: whole requests, oldest first, as they come. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivered, Segment } from '../queue/queue.ts';
import type { Piece, Reader } from '../queue/reader.ts';
import type { Source } from '../queue/share.ts';
import type { SessionExtent, SessionLimits } from './limits.ts';
import type { RunResult } from './outcome.ts';

/** A connection to a manager that is fed: AdminSession, see admin.ts. */
export interface Session {
  /** the manager has let it in */
  readonly connected: boolean;
  /** it has ended; what is written is thrown away */
  readonly ended: boolean;
  /** resolves when it has ended, however */
  readonly result: Promise<RunResult>;
  /** resolves when there is room for more, or when it has ended */
  write(bytes: Buffer): Promise<void>;
  /** ends the input and waits for the end */
  finish(): Promise<RunResult>;
  stop(): void;
}

/** A part of a segment that a session has been given, perhaps not all of it. */
export interface Carried extends Delivered {
  /** offset of its begin */
  readonly from: number;
  /** messages before it */
  readonly messagesBefore: number;
}

export interface FeedOptions {
  readonly queue: Source;
  readonly limits: SessionLimits;
  /** aborted when the gateway stops */
  readonly stopping: AbortSignal;
  /** that many more messages have been sent as a whole */
  readonly sent: (messages: number) => void;
}

/** bytes that are written at once */
const BLOCK = 65536;
/**
 * The least time between two writes under load: each one costs a system call here and wakes
 * prelude-admin and the manager. A message that comes after a pause is written at once.
 */
const WRITE_INTERVAL_MS = 5;

export class Feed {
  readonly #options: FeedOptions;
  readonly #session: Session;
  /** by path, in the order in which they were begun */
  readonly #carried = new Map<string, Carried>();
  readonly #begun = performance.now();
  #lastSent = this.#begun;
  #sent = 0;
  /** of the last segment that is carried */
  #current: { readonly segment: Segment; readonly reader: Reader } | undefined;
  /** ends a wait */
  #wake: () => void = () => undefined;

  constructor(options: FeedOptions, session: Session) {
    this.#options = options;
    this.#session = session;
    // once: what is added to a promise or signal at each wait stays there as long as that lives
    void session.result.then(() => {
      this.#wake();
    });
  }

  /** What the session has been given. */
  get carried(): readonly Carried[] {
    return [...this.#carried.values()];
  }

  /** How much that was until now. */
  get extent(): SessionExtent {
    return { bytes: this.#sent, age: performance.now() - this.#begun };
  }

  /**
   * Sends requests until the session is to be acknowledged.
   * @returns whether it has been given all of what it carries: only then its acknowledgement is one of
   *   that. False if the session has ended by itself.
   */
  async run(): Promise<boolean> {
    const { queue, stopping } = this.#options;
    const wake = (): void => {
      this.#wake();
    };
    stopping.addEventListener('abort', wake);
    try {
      for (;;) {
        const news = queue.change(); // before the look, or a change in between would be missed
        await this.#sendWhatIsThere();
        if (this.#session.ended) return false;
        if (this.#isFull || this.#isIdle || this.#isUrgent) return true;
        await this.#wait(news);
        const early = this.#lastSent + WRITE_INTERVAL_MS - performance.now();
        if (early > 0 && !stopping.aborted) await sleep(early);
      }
    } finally {
      stopping.removeEventListener('abort', wake);
      await this.#current?.reader.close();
    }
  }

  get #isFull(): boolean {
    const { limits } = this.#options;
    return this.#sent >= limits.bytes || performance.now() - this.#begun >= limits.age;
  }

  get #isIdle(): boolean {
    return performance.now() - this.#lastSent >= this.#options.limits.idle;
  }

  /** An acknowledgement is wanted as soon as a segment is complete. */
  get #isUrgent(): boolean {
    const { queue, stopping } = this.#options;
    return stopping.aborted || queue.pressed;
  }

  /** Sends all that is durable now, but at least one request and not more than the limits allow. */
  async #sendWhatIsThere(): Promise<void> {
    while (!this.#session.ended && !(this.#sent > 0 && this.#isFull)) {
      const piece = await this.#next();
      if (piece === undefined) return;
      await this.#send(piece);
    }
  }

  async #send({ bytes, messages }: Piece): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#session.ended; at += BLOCK) {
      const block = bytes.subarray(at, at + BLOCK);
      await this.#session.write(block);
      this.#sent += block.length;
      this.#lastSent = performance.now();
    }
    if (!this.#session.ended && messages > 0) this.#options.sent(messages);
  }

  /** The next requests, of the segment that is carried or of the next one. */
  async #next(): Promise<Piece | undefined> {
    for (;;) {
      const current = this.#current;
      const piece = current === undefined ? undefined : await this.#read(current);
      if (piece !== undefined) return piece;
      if (this.#current !== undefined) {
        const { segment, reader } = this.#current;
        // it may have grown meanwhile
        if (reader.offset < segment.length) continue;
        if (!segment.sealed) return undefined;
      }
      if (this.#carried.size > 0 && this.#isUrgent) return undefined;
      if (!(await this.#begin())) return undefined;
    }
  }

  async #read({
    segment,
    reader,
  }: {
    segment: Segment;
    reader: Reader;
  }): Promise<Piece | undefined> {
    try {
      const piece = await reader.next(
        Math.max(1, Math.min(BLOCK, this.#options.limits.bytes - this.#sent)),
      );
      this.#carry(segment, reader.offset, piece?.messages ?? 0);
      return piece;
    } catch (error) {
      // what was read of it before was intact
      this.#options.queue.unreadable(segment, error);
      this.#current = undefined;
      await reader.close();
      return undefined;
    }
  }

  #carry(segment: Segment, length: number, messages: number): void {
    const before = this.#carried.get(segment.path);
    if (before !== undefined)
      this.#carried.set(segment.path, {
        ...before,
        length,
        messages: before.messages + messages,
      });
  }

  /** Turns to the next segment. @returns whether there is one */
  async #begin(): Promise<boolean> {
    const { queue } = this.#options;
    const segment = queue.segments.find(({ path }) => !this.#carried.has(path));
    if (segment === undefined) return false;
    await this.#current?.reader.close();
    this.#current = { segment, reader: queue.read(segment) };
    const { length, messages } = queue.acknowledged(segment);
    this.#carried.set(segment.path, {
      ...{ segment, from: length, messagesBefore: messages, length, messages },
    });
    return true;
  }

  /** Waits for news from the queue, the end of the session, or the time to end it. */
  async #wait(news: Promise<void>): Promise<void> {
    const { limits, stopping } = this.#options;
    const due = Math.min(this.#begun + limits.age, this.#lastSent + limits.idle);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(1, due - performance.now()));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      void news.then(this.#wake);
      if (stopping.aborted || this.#session.ended) this.#wake();
    });
    this.#wake = () => undefined;
  }
}
