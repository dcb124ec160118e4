/** The queue as the relay sees it: whole, or as the share of one of several managers. */
import type { Queue, Segment } from './queue.ts';

/** What a relay takes segments from. */
export interface Source {
  /** what has to be delivered, oldest first; it changes as requests come */
  readonly segments: readonly Segment[];
  /** messages in them */
  readonly messages: number;
  /** there is little room, or none: what is delivered should be acknowledged soon */
  readonly pressed: boolean;
  /** Resolves at the next change of the segments. */
  change(): Promise<void>;
  /** Nothing more is appended to the segments that are there now. */
  seal(): Promise<void>;
  /** A manager has these. */
  remove(delivered: readonly Segment[]): Promise<void>;
  /** Takes one frame out of a segment and keeps it for the operator, see Queue. */
  setAside(segment: Segment, index: number, why: string): Promise<string>;
}

/**
 * One of several managers that are to get everything. Who has got what is only remembered here:
 * after a restart each gets again what another one has not got yet.
 */
class Share implements Source {
  readonly #queue: Queue;
  /** of all managers; a segment is removed when all have it */
  readonly #shares: readonly Share[];
  readonly #delivered = new Set<string>();

  constructor(queue: Queue, shares: readonly Share[]) {
    this.#queue = queue;
    this.#shares = shares;
  }

  get segments(): readonly Segment[] {
    return this.#queue.segments.filter(({ path }) => !this.#delivered.has(path));
  }

  get messages(): number {
    return this.segments.reduce((sum, { messages }) => sum + messages, 0);
  }

  get pressed(): boolean {
    return this.#queue.pressed;
  }

  change(): Promise<void> {
    return this.#queue.change();
  }

  seal(): Promise<void> {
    return this.#queue.seal();
  }

  async remove(delivered: readonly Segment[]): Promise<void> {
    for (const { path } of delivered) this.#delivered.add(path);
    const everywhere = delivered.filter(({ path }) =>
      this.#shares.every((share) => share.#delivered.has(path)),
    );
    if (everywhere.length === 0) return;
    await this.#queue.remove(everywhere);
    for (const share of this.#shares)
      for (const { path } of everywhere) share.#delivered.delete(path);
  }

  setAside(segment: Segment, index: number, why: string): Promise<string> {
    return this.#queue.setAside(segment, index, why);
  }
}

/** The queue for that many managers, each of which is to get everything. */
export function share(queue: Queue, count: number): readonly Source[] {
  const shares: Share[] = [];
  for (let i = 0; i < count; i++) shares.push(new Share(queue, shares));
  return shares;
}
