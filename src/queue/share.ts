/** The queue as a relay sees it: the share of one of the managers that are to get everything. */
import type { Delivered, Queue, Segment } from './queue.ts';
import type { Reader } from './reader.ts';
import type { Range } from './segment.ts';

/** What a relay takes segments from. */
export interface Source {
  /** what has to be delivered and can be read now, oldest first; it changes as requests come */
  readonly segments: readonly Segment[];
  /** messages that have to be delivered */
  readonly messages: number;
  /** there is little room, or none: what is delivered should be acknowledged soon */
  readonly pressed: boolean;
  /** Resolves at the next change of the segments. */
  change(): Promise<void>;
  /** Reads a segment, from where it is not acknowledged yet or from that offset. */
  read(segment: Segment, from?: number): Reader;
  /** How much of a segment the manager has. */
  acknowledged(segment: Segment): Delivered;
  /** The manager has that much of these segments. */
  acknowledge(delivered: readonly Delivered[]): Promise<void>;
  /** Nothing more is appended to the segments that are there now. */
  seal(): Promise<void>;
  /** A segment could not be read; it is not among the segments for a while. */
  unreadable(segment: Segment, error: unknown): void;
  /** Excludes one frame and keeps it for the operator, see Queue. */
  setAside(segment: Segment, frame: Range, why: string): Promise<string | undefined>;
}

/**
 * One of several managers that are to get everything. How much each has got is only remembered here:
 * after a restart each gets again what was not removed from the disk.
 */
class Share implements Source {
  readonly #queue: Queue;
  /** of all managers; the queue is told of what all have */
  readonly #shares: readonly Share[];
  /** by path */
  readonly #delivered = new Map<string, Delivered>();

  constructor(queue: Queue, shares: readonly Share[]) {
    this.#queue = queue;
    this.#shares = shares;
  }

  get segments(): readonly Segment[] {
    return this.#queue.segments.filter(
      (segment) =>
        this.acknowledged(segment).length < segment.length && this.#queue.isReadable(segment),
    );
  }

  get messages(): number {
    return this.#queue.segments.reduce(
      (sum, segment) => sum + segment.messages - this.acknowledged(segment).messages,
      0,
    );
  }

  get pressed(): boolean {
    return this.#queue.pressed;
  }

  change(): Promise<void> {
    return this.#queue.change();
  }

  read(segment: Segment, from = this.acknowledged(segment).length): Reader {
    return this.#queue.read(segment, from);
  }

  acknowledged(segment: Segment): Delivered {
    return this.#delivered.get(segment.path) ?? { segment, length: 0, messages: 0 };
  }

  async acknowledge(delivered: readonly Delivered[]): Promise<void> {
    for (const what of delivered) this.#delivered.set(what.segment.path, what);
    await this.#queue.acknowledge(
      delivered.map(({ segment }) =>
        this.#shares
          .map((share) => share.acknowledged(segment))
          .reduce((least, other) => (other.length < least.length ? other : least)),
      ),
    );
    const there = new Set(this.#queue.segments.map(({ path }) => path));
    for (const path of this.#delivered.keys()) if (!there.has(path)) this.#delivered.delete(path);
  }

  seal(): Promise<void> {
    return this.#queue.seal();
  }

  unreadable(segment: Segment, error: unknown): void {
    this.#queue.unreadable(segment, error);
  }

  setAside(segment: Segment, frame: Range, why: string): Promise<string | undefined> {
    return this.#queue.setAside(segment, frame, why);
  }
}

/** The queue for that many managers, each of which is to get everything. */
export function share(queue: Queue, count: number): readonly Source[] {
  const shares: Share[] = [];
  for (let i = 0; i < count; i++) shares.push(new Share(queue, shares));
  return shares;
}
