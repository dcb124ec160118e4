import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayProcess } from './gateway-process.ts';
import type { ManagerProcess } from './manager-process.ts';
import { Random } from './random.ts';
import type { Tmpfs } from './tmpfs.ts';

/** What goes wrong. */
export const KINDS = [
  'gateway kill -9',
  'gateway SIGTERM',
  'prelude-admin kill -9',
  'manager SIGSTOP',
  'manager SIGTERM',
  'manager kill -9',
  'disk full',
] as const;

/** One of them. */
export type Kind = (typeof KINDS)[number];

interface Lane {
  kinds: readonly Kind[];
  /** milliseconds between the end of a fault and the next one */
  gap: { from: number; to: number };
}

/** Faults of different lanes happen at the same time, those of one lane one after the other. */
const LANES: readonly Lane[] = [
  {
    kinds: [
      'gateway kill -9',
      'gateway kill -9',
      'gateway SIGTERM',
      'prelude-admin kill -9',
      'prelude-admin kill -9',
    ],
    gap: { from: 500, to: 4000 },
  },
  {
    kinds: ['manager SIGSTOP', 'manager SIGTERM', 'manager kill -9'],
    gap: { from: 500, to: 4000 },
  },
  { kinds: ['disk full'], gap: { from: 3000, to: 9000 } },
];

/** What the faults happen to. */
export interface Parts {
  gateway: GatewayProcess;
  manager: ManagerProcess;
  disk: Tmpfs;
}

/** Makes things go wrong at random until it is told to end. */
export class Faults {
  readonly counts = new Map<Kind, number>(KINDS.map((kind) => [kind, 0]));
  readonly #parts: Parts;
  readonly #ending = new AbortController();
  readonly #running: Promise<unknown>;
  /** why it could not go on */
  error: Error | undefined;

  constructor(parts: Parts, seed: number) {
    this.#parts = parts;
    const lanes = LANES.map((lane, index) => this.#run(lane, new Random(seed + index)));
    this.#running = Promise.all(lanes).catch((error: unknown) => {
      this.error = error instanceof Error ? error : new Error(String(error));
    });
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

  async #run({ kinds, gap }: Lane, random: Random): Promise<void> {
    const { signal } = this.#ending;
    for (;;) {
      // every kind has its turn
      for (const kind of random.shuffled(kinds)) {
        await sleep(random.between(gap.from, gap.to), undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
        if (await this.#cause(kind, random))
          this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
      }
    }
  }

  /** Gives whether it could be done. */
  async #cause(kind: Kind, random: Random): Promise<boolean> {
    const { gateway, manager, disk } = this.#parts;
    switch (kind) {
      case 'gateway kill -9':
        await gateway.kill();
        await gateway.start();
        return true;
      case 'gateway SIGTERM':
        await gateway.stop();
        await gateway.start();
        return true;
      case 'prelude-admin kill -9':
        return gateway.killAdmin();
      case 'manager SIGSTOP':
        await manager.freeze(random.between(1000, 8000));
        return true;
      case 'manager SIGTERM':
        await manager.restart(random, random.between(500, 5000));
        return true;
      case 'manager kill -9':
        await manager.killAndRestart(random, random.between(500, 3000));
        return true;
      case 'disk full':
        disk.fill();
        await sleep(random.between(1000, 6000));
        disk.clear();
        return true;
    }
  }
}
