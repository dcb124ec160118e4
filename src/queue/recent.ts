/** The newest requests, still in memory: a relay that keeps up does not read them from the disk. */

/** Requests that were appended together. */
export interface Batch {
  readonly requests: readonly Buffer[];
  /** bytes */
  readonly length: number;
  readonly messages: number;
}

/** bytes that are kept */
const MAX_BYTES = 2 * 1024 * 1024;

export class Recent {
  /** by path and offset, oldest first */
  readonly #batches = new Map<string, Batch>();
  #bytes = 0;

  /** Adds what was appended at that offset. */
  add(path: string, offset: number, batch: Batch): void {
    this.#batches.set(key(path, offset), batch);
    this.#bytes += batch.length;
    for (const [oldest, { length }] of this.#batches) {
      if (this.#bytes <= MAX_BYTES) return;
      this.#batches.delete(oldest);
      this.#bytes -= length;
    }
  }

  /** What was appended at that offset, if it is still there. */
  at(path: string, offset: number): Batch | undefined {
    return this.#batches.get(key(path, offset));
  }
}

function key(path: string, offset: number): string {
  return `${path}:${offset}`;
}
