/**
 * The primary's side of `--workers`: it starts the processes that take requests, appends what they
 * have read to the one queue, and replaces a worker that dies. That costs the worker's own requests
 * an answer; what it had handed over is in the queue.
 */
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeStale } from '../accept/listen.ts';
import type { Delivery } from '../delivery.ts';
import { GatewayError, toGatewayError } from '../errors.ts';
import type { Front } from '../front.ts';
import type { Log } from '../log.ts';
import type { Options } from '../options.ts';
import {
  isFromWorker,
  type Append,
  type AppendResult,
  type FromWorker,
  type ToWorker,
} from './messages.ts';

/** milliseconds until a worker that died is replaced: one that cannot live is not started all the time */
const PAUSE = 500;
/** milliseconds for a worker to listen */
const START_PATIENCE = 15_000;
/** milliseconds for a worker to end; it gives running requests 3 s */
const PATIENCE = 5000;

function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message);
}

class Workers implements Front {
  /** of the socket */
  readonly #path: string;
  readonly #delivery: Delivery;
  readonly #log: Log;
  readonly #all = new Set<Worker>();
  #stopping = false;

  constructor(path: string, delivery: Delivery, log: Log) {
    this.#path = path;
    this.#delivery = delivery;
    this.#log = log;
  }

  /** Resolves when it listens. @throws GatewayError that it could not start with */
  async start(): Promise<void> {
    if (this.#all.size === 0) await removeStale(this.#path);
    const worker = cluster.fork();
    this.#all.add(worker);
    worker.on('error', () => undefined);
    const listening = this.#listening(worker);
    worker.on('message', (message: unknown) => {
      if (isFromWorker(message)) this.#take(worker, message);
    });
    await listening;
    worker.once('exit', (status: number | null, signal: string | null) => {
      this.#all.delete(worker);
      if (!this.#stopping) void this.#replace(worker, { status, signal });
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#all].map(stopWorker));
  }

  #take(worker: Worker, message: FromWorker): void {
    if (message.kind === 'up') send(worker, { kind: 'start', analyzer: this.#delivery.analyzer });
    if (message.kind !== 'append') return;
    const results: AppendResult[] = [];
    for (const append of message.appends)
      void this.#append(append).then((result) => {
        // those of one group commit are told together
        if (results.push(result) > 1) return;
        setImmediate(() => {
          send(worker, { kind: 'appended', results: results.splice(0) });
        });
      });
  }

  async #append({ id, frames, messages }: Append): Promise<AppendResult> {
    try {
      await this.#delivery.append(asBuffer(frames), messages);
      return { id, error: undefined };
    } catch (thrown) {
      const { code, message } = toGatewayError(thrown);
      return { id, error: { code, message } };
    }
  }

  #listening(worker: Worker): Promise<void> {
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), START_PATIENCE);
    return new Promise((resolve, reject) => {
      worker.on('message', (message: unknown) => {
        if (!isFromWorker(message)) return;
        if (message.kind === 'listening' || message.kind === 'failed') clearTimeout(timer);
        if (message.kind === 'listening') resolve();
        if (message.kind === 'failed')
          reject(new GatewayError(message.error.code, message.error.message));
      });
      worker.once('exit', (status: number | null, signal: string | null) => {
        clearTimeout(timer);
        reject(new Error(`a worker ended while it started, ${signal ?? `status ${status ?? ''}`}`));
      });
    });
  }

  async #replace(
    worker: Worker,
    how: { status: number | null; signal: string | null },
  ): Promise<void> {
    this.#log('worker-ended', { pid: worker.process.pid, ...how });
    for (;;) {
      await sleep(PAUSE);
      if (this.#stopping) return;
      try {
        await this.start();
        return;
      } catch (error) {
        this.#log('worker-failed', { reason: toGatewayError(error).message });
      }
    }
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function stopWorker(worker: Worker): Promise<void> {
  if (worker.isDead()) return;
  const ended = once(worker, 'exit');
  send(worker, { kind: 'stop' });
  const timer = setTimeout(() => worker.process.kill('SIGKILL'), PATIENCE);
  await ended;
  clearTimeout(timer);
}

/**
 * Starts as many workers as are wanted, which all listen on the one socket.
 * @throws GatewayError configuration
 */
export async function startWorkers(options: Options, delivery: Delivery, log: Log): Promise<Front> {
  // workers take connections from the socket themselves; by turns each would go through the primary
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ serialization: 'advanced' });
  const workers = new Workers(options.sock, delivery, log);
  try {
    // the first one makes the socket
    for (let i = 0; i < options.workers; i++) await workers.start();
    return workers;
  } catch (error) {
    await workers.stop();
    throw error;
  }
}
