/**
 * What managers have acknowledged, kept until they have had time to report it.
 *
 * A manager acknowledges that it has read a message. Until its reporting plugins (the database) have
 * it, the message is in the manager's memory and dies with it. So the queue is not told of an
 * acknowledgement before the manager has run on for a while, which a watch (watch.ts) shows:
 *
 *            acknowledged                the watch lives on for the window
 *   waiting ─────────────▶ kept ──────────────────────────────────────────▶ released: the queue is told
 *      ▲                    │ │          or the queue needs the room                ▲
 *      └────────────────────┘ └─────────────────────────────────────────────────────┘
 *        the watch has ended
 */
import type { Delivered, Segment } from '../queue/queue.ts';
import type { Watch } from './watch.ts';

export interface KeptOptions {
  readonly windowMs: number;
  /** most bytes that are kept, but for the last acknowledgement */
  readonly bytes: number;
  /** Tells the queue that these are delivered; never rejects. */
  readonly release: (delivered: readonly Delivered[]) => Promise<void>;
}

/** One acknowledgement. */
interface Acknowledgement {
  readonly delivered: readonly Delivered[];
  readonly bytes: number;
  readonly watch: Watch;
  readonly timer: NodeJS.Timeout;
}

export class Kept {
  readonly #options: KeptOptions;
  /** oldest first */
  #all: Acknowledgement[] = [];
  /** how much of each segment is kept, by path */
  readonly #most = new Map<string, Delivered>();
  #bytes = 0;

  constructor(options: KeptOptions) {
    this.#options = options;
  }

  /** How much of a segment is kept; undefined if nothing is. */
  of(segment: Segment): Delivered | undefined {
    return this.#most.get(segment.path);
  }

  /** How much of each segment is kept. */
  get segments(): readonly Delivered[] {
    return [...this.#most.values()];
  }

  /** More is kept than should be: the oldest should be released. */
  get isFull(): boolean {
    return this.#bytes > this.#options.bytes && this.#all.length > 1;
  }

  /** Keeps an acknowledgement of that many bytes. @param watch of the manager that has given it */
  keep(delivered: readonly Delivered[], bytes: number, watch: Watch): void {
    const timer = setTimeout(() => {
      void this.#release(acknowledgement);
    }, this.#options.windowMs).unref();
    const acknowledgement = { delivered, bytes, watch, timer };
    this.#all.push(acknowledgement);
    this.#bytes += bytes;
    for (const what of delivered) this.#most.set(what.segment.path, what);
  }

  /** @returns whether there was one */
  async releaseOldest(): Promise<boolean> {
    const [oldest] = this.#all;
    if (oldest !== undefined) await this.#release(oldest);
    return oldest !== undefined;
  }

  /**
   * Forgets what the managers of a watch may have lost, and what was acknowledged later: the queue
   * knows of one offset for each segment, up to which all is delivered.
   */
  forget(watch: Watch): void {
    const from = this.#all.findIndex((acknowledgement) => acknowledgement.watch === watch);
    if (from >= 0) for (const lost of this.#all.slice(from)) this.#take(lost);
  }

  async #release(acknowledgement: Acknowledgement): Promise<void> {
    this.#take(acknowledgement);
    await this.#options.release(acknowledgement.delivered);
  }

  #take(acknowledgement: Acknowledgement): void {
    clearTimeout(acknowledgement.timer);
    this.#all = this.#all.filter((other) => other !== acknowledgement);
    this.#bytes -= acknowledgement.bytes;
    for (const { segment } of acknowledgement.delivered) this.#most.delete(segment.path);
    for (const { delivered } of this.#all)
      for (const what of delivered) this.#most.set(what.segment.path, what);
  }
}
