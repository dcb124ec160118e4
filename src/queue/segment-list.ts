/** The segments of the queue, in order of age. */
import type { OwnSegment } from './append.ts';

export class SegmentList {
  readonly #all: OwnSegment[] = [];
  readonly #byPath = new Map<string, OwnSegment>();

  /** All segments, oldest first. */
  get all(): readonly OwnSegment[] {
    return this.#all;
  }

  /** Durable bytes of all segments. */
  get bytes(): number {
    let bytes = 0;
    for (const { length } of this.#all) bytes += length;
    return bytes;
  }

  find(path: string): OwnSegment | undefined {
    return this.#byPath.get(path);
  }

  /** Adds a segment at the place that its name gives it. */
  add(segment: OwnSegment): void {
    const next = this.#all.findIndex(({ path }) => path > segment.path);
    this.#all.splice(next < 0 ? this.#all.length : next, 0, segment);
    this.#byPath.set(segment.path, segment);
  }

  /** Removes a segment; does nothing if it is not in the list. */
  remove(segment: OwnSegment): void {
    const index = this.#all.indexOf(segment);
    if (index < 0) return;
    this.#all.splice(index, 1);
    this.#byPath.delete(segment.path);
  }
}
