/** Counts per minute of the last hour. */

/** minutes that are kept */
export const MINUTES = 60;
const MINUTE = 60_000;

/** The minute that a time (milliseconds since 1970) is in. */
export function minuteOf(time: number): number {
  return Math.floor(time / MINUTE);
}

/** The time at which a minute begins. */
export function timeOf(minute: number): number {
  return minute * MINUTE;
}

export class Minutes {
  readonly #counts = new Map<number, number>();

  add(minute: number, count: number): void {
    this.#counts.set(minute, (this.#counts.get(minute) ?? 0) + count);
    if (this.#counts.size <= 2 * MINUTES) return;
    for (const old of this.#counts.keys()) if (old <= minute - MINUTES) this.#counts.delete(old);
  }

  /** The counts of the last hour, oldest first; the last one is of that minute. */
  until(minute: number): number[] {
    return Array.from(
      { length: MINUTES },
      (_, index) => this.#counts.get(minute - MINUTES + 1 + index) ?? 0,
    );
  }

  /** Hands its counts to another one and is empty afterwards. */
  moveTo(other: Minutes): void {
    for (const [minute, count] of this.#counts) other.add(minute, count);
    this.clear();
  }

  clear(): void {
    this.#counts.clear();
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }
}
