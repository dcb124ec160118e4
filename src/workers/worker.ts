/** A worker's side of `--workers`: takes requests, and hands what they contain to the primary. */
import type { Delivery } from '../delivery.ts';
import { GatewayError, toGatewayError } from '../errors.ts';
import { startFront, type Front } from '../front.ts';
import type { Log } from '../log.ts';
import type { Options } from '../options.ts';
import { isToWorker, type Append, type AppendResult, type FromWorker } from './messages.ts';

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: GatewayError) => void;
}

function send(message: FromWorker): void {
  process.send?.(message);
}

/** The queue as a worker sees it: in another process. */
class RemoteDelivery implements Delivery {
  readonly analyzer: Uint8Array;
  readonly #waiting = new Map<number, Waiting>();
  #appends: Append[] = [];
  #count = 0;

  constructor(analyzer: Uint8Array) {
    this.analyzer = analyzer;
  }

  append(frames: Buffer, messages: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const id = this.#count++;
      this.#waiting.set(id, { resolve, reject });
      // what is ready in the same turn goes together
      if (this.#appends.push({ id, frames, messages }) > 1) return;
      setImmediate(() => {
        send({ kind: 'append', appends: this.#appends.splice(0) });
      });
    });
  }

  /** The primary has answered. */
  settle(results: readonly AppendResult[]): void {
    for (const { id, error } of results) {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve();
      else waiting?.reject(new GatewayError(error.code, error.message));
    }
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * Runs a worker until the primary stops it or is gone.
 * @param options those of the primary
 */
export function runWorker(options: Options, log: Log): void {
  let delivery: RemoteDelivery | undefined;
  let front: Promise<Front> | undefined;
  const start = (analyzer: Uint8Array): void => {
    delivery = new RemoteDelivery(analyzer);
    front = startFront(options, delivery, log);
    front.then(
      () => {
        send({ kind: 'listening' });
      },
      (thrown: unknown) => {
        const { code, message } = toGatewayError(thrown);
        send({ kind: 'failed', error: { code, message } });
      },
    );
  };
  const stop = async (): Promise<never> => {
    const started = await front?.catch(() => undefined);
    await started?.stop();
    log('worker-stopped');
    process.exit(0);
  };
  process.on('message', (message: unknown) => {
    if (!isToWorker(message)) return;
    if (message.kind === 'start') start(message.analyzer);
    else if (message.kind === 'appended') delivery?.settle(message.results);
    else void stop();
  });
  // without the primary nothing can be made safe
  process.on('disconnect', () => process.exit(0));
  // these come to the whole group at a terminal; the primary says when to end
  process.on('SIGTERM', () => undefined);
  process.on('SIGINT', () => undefined);
  send({ kind: 'up' });
}
