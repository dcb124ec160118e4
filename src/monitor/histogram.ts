/** Durations in buckets, as Prometheus counts them. */

/** Plain data of a histogram. */
export interface HistogramFigures {
  /** upper bounds in seconds, ascending */
  readonly bounds: readonly number[];
  /** how many were at most that bound and above the one before; the last one is above all bounds */
  readonly counts: readonly number[];
  /** of all, in seconds */
  readonly sum: number;
}

export class Histogram implements HistogramFigures {
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum = 0;

  /** @param bounds in seconds, ascending */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(seconds: number): void {
    const found = this.bounds.findIndex((bound) => seconds <= bound);
    const bucket = found < 0 ? this.bounds.length : found;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += seconds;
  }
}
