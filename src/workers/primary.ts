/**
 * The primary's side of `--workers`: it starts the processes that take requests, does for them what
 * needs the one queue and the figures of all, and replaces one that dies. That costs the worker's own
 * requests an answer; what it had handed over is in the queue.
 */
import cluster from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeStale } from '../accept/listen.ts';
import { toGatewayError } from '../errors.ts';
import type { Behind, Front } from '../front.ts';
import type { Log } from '../log.ts';
import type { ProcessFigures } from '../monitor/process.ts';
import { WorkerProcess } from './worker-process.ts';

/** milliseconds until a worker that died is replaced: one that cannot live is not started all the time */
const PAUSE = 500;

/** All workers together. */
export class Workers implements Front {
  readonly #behind: Behind;
  readonly #log: Log;
  readonly #all = new Map<string, WorkerProcess>();
  #stopping = false;

  constructor(behind: Behind, log: Log) {
    this.#behind = behind;
    this.#log = log;
  }

  /**
   * Resolves when it listens.
   * @throws GatewayError that it could not start with
   */
  async start(name: string): Promise<void> {
    const { place } = this.#behind;
    if (this.#all.size === 0 && 'path' in place) await removeStale(place.path);
    const worker = new WorkerProcess(name, this.#behind, (how) => {
      // only once it has listened: before, its start fails
      if (!this.#all.delete(name) || this.#stopping) return;
      this.#log('worker-ended', { worker: name, ...how });
      void this.#replace(name);
    });
    await worker.listening;
    this.#all.set(name, worker);
  }

  /** Figures of their processes; those for the gateway have come before. */
  async processes(): Promise<ProcessFigures[]> {
    const found = await Promise.all([...this.#all.values()].map((worker) => worker.measure()));
    return found.filter((figures) => figures !== undefined);
  }

  isWell(): boolean {
    return this.#all.size > 0;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#all.values()].map((worker) => worker.stop()));
  }

  async #replace(name: string): Promise<void> {
    for (;;) {
      await sleep(PAUSE);
      if (this.#stopping) return;
      try {
        await this.start(name);
        return;
      } catch (error) {
        this.#log('worker-failed', { worker: name, reason: toGatewayError(error).message });
      }
    }
  }
}

/**
 * Starts as many workers as are wanted, which all listen on the one socket.
 * @throws GatewayError configuration
 */
export async function startWorkers(count: number, behind: Behind, log: Log): Promise<Workers> {
  // workers take connections from the socket themselves; by turns each would go through the primary
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ serialization: 'advanced' });
  const workers = new Workers(behind, log);
  try {
    // the first one makes the socket
    for (let number = 1; number <= count; number++) await workers.start(`worker-${number}`);
    return workers;
  } catch (error) {
    await workers.stop();
    throw error;
  }
}
