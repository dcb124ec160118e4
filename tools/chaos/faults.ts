import { setTimeout as sleep } from 'node:timers/promises';
import type { Lane } from './lanes.ts';
import { Random } from './random.ts';

/** Makes things go wrong at random until it is told to end. */
export class Faults {
  /** how often each kind of fault has happened */
  readonly counts: Map<string, number>;
  readonly #ending = new AbortController();
  readonly #running: Promise<unknown>;
  /** why it could not go on */
  error: Error | undefined;

  /** @param lanes faults of different lanes happen at the same time, those of one lane in turn */
  constructor(lanes: readonly Lane[], seed: number) {
    const kinds = lanes.flatMap(({ faults }) => faults.map(({ kind }) => kind));
    this.counts = new Map(kinds.map((kind) => [kind, 0]));
    const all = lanes.map((lane, index) =>
      this.#run(lane, new Random(seed + index)).catch((error: unknown) => {
        this.error ??= error instanceof Error ? error : new Error(String(error));
        this.#ending.abort();
      }),
    );
    this.#running = Promise.all(all);
  }

  /** How many there were. */
  get count(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Whether there was one of each kind. */
  get hadAll(): boolean {
    return [...this.counts.values()].every((count) => count > 0);
  }

  /** No more; resolves when everything runs again. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    if (this.error !== undefined) throw this.error;
  }

  async #run({ faults, gapMs }: Lane, random: Random): Promise<void> {
    const { signal } = this.#ending;
    for (;;) {
      // every kind has its turn
      for (const { kind, cause } of random.shuffled(faults)) {
        const pauseMs = random.between(gapMs.from, gapMs.to);
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
        if (await cause(random)) this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
      }
    }
  }
}
