/**
 * The primary's side of `--workers`: it starts the processes that take requests, hands them Apache's
 * connections by turns, does for them what needs the one queue and the figures of all, and replaces
 * one that dies. That costs the worker's own requests an answer; what it had handed over is in the
 * queue. The listening socket never leaves this process, so nothing that happens to workers can close
 * it.
 */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Listener } from '../accept/listen.ts';
import { GatewayError, toGatewayError } from '../errors.ts';
import type { Behind, Front } from '../front.ts';
import type { Log } from '../log.ts';
import type { ProcessFigures } from '../monitor/process.ts';
import { WorkerProcess } from './worker-process.ts';

/** until a worker that died is replaced */
const REPLACE_PAUSE_MS = 100;
/** until the next attempt to start one that did not start */
const RETRY_PAUSE_MS = 1000;
/** attempts to start a worker with the gateway, if it dies meanwhile */
const ATTEMPTS = 5;

/** All workers together. */
export class Workers implements Front {
  readonly #behind: Behind;
  readonly #log: Log;
  readonly #all = new Map<string, WorkerProcess>();
  /** connections that came while there was no worker; Apache waits as it would at the socket */
  readonly #waiting: Socket[] = [];
  #turn = 0;
  #listener: Listener | undefined;
  #stopping = false;

  constructor(behind: Behind, log: Log) {
    this.#behind = behind;
    this.#log = log;
  }

  /**
   * Starts that many workers and listens.
   * @throws GatewayError that a worker could not start with, or configuration
   */
  async start(count: number): Promise<void> {
    const names = Array.from({ length: count }, (_, index) => `worker-${index + 1}`);
    await Promise.all(names.map((name) => this.#startFirst(name)));
    this.#listener = await this.#behind.listen((connection) => {
      this.#serve(connection);
    });
  }

  /** Figures of their processes; those for the gateway have come before. */
  async processes(): Promise<ProcessFigures[]> {
    const found = await Promise.all([...this.#all.values()].map((worker) => worker.measure()));
    return found.filter((figures) => figures !== undefined);
  }

  isWell(): boolean {
    return this.#all.size > 0 && this.#listener?.listening === true;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#listener?.close();
    await Promise.all([...this.#all.values()].map((worker) => worker.stop()));
    for (const connection of this.#waiting.splice(0)) connection.destroy();
  }

  /** A worker that is killed while it starts is started again; one that cannot start is not. */
  async #startFirst(name: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#startOne(name);
        return;
      } catch (error) {
        if (error instanceof GatewayError || attempt === ATTEMPTS) throw error;
        this.#log('worker-failed', { worker: name, reason: toGatewayError(error).message });
      }
    }
  }

  async #startOne(name: string): Promise<void> {
    const worker = new WorkerProcess(name, this.#behind, (how, connections) => {
      const wasUp = this.#all.get(name) === worker && this.#all.delete(name);
      for (const connection of connections) this.#serve(connection);
      // before that its start fails
      if (!wasUp || this.#stopping) return;
      this.#log('worker-ended', { worker: name, ...how });
      void this.#replace(name);
    });
    await worker.listening;
    this.#all.set(name, worker);
    for (const connection of this.#waiting.splice(0)) this.#serve(connection);
  }

  async #replace(name: string): Promise<void> {
    for (let pause = REPLACE_PAUSE_MS; ; pause = RETRY_PAUSE_MS) {
      await sleep(pause);
      if (this.#stopping) return;
      try {
        await this.#startOne(name);
        return;
      } catch (error) {
        this.#log('worker-failed', { worker: name, reason: toGatewayError(error).message });
      }
    }
  }

  #serve(connection: Socket): void {
    const workers = [...this.#all.values()];
    const worker = workers[this.#turn++ % workers.length];
    if (worker !== undefined) worker.serve(connection);
    else if (this.#stopping) connection.destroy();
    else this.#waiting.push(connection);
  }
}

/**
 * Starts as many workers as are wanted.
 * @throws GatewayError configuration
 */
export async function startWorkers(count: number, behind: Behind, log: Log): Promise<Workers> {
  const workers = new Workers(behind, log);
  try {
    await workers.start(count);
    return workers;
  } catch (error) {
    await workers.stop();
    throw error;
  }
}
