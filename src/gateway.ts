/**
 * The message's way, put together: accept → idmef → prelude → queue → relay. The first three can run
 * in several processes. In a dry run it ends before the queue.
 */
import { dryDelivery, openDelivery } from './delivery.ts';
import { startFront, type Front } from './front.ts';
import type { Log } from './log.ts';
import type { Options } from './options.ts';
import { startWorkers } from './workers/primary.ts';

export interface Gateway {
  /** Takes no more requests, ends those that run, gives the manager what it can, and ends. */
  stop(): Promise<void>;
}

/**
 * Starts the gateway.
 * @throws GatewayError configuration
 */
export async function startGateway(options: Options, version: string, log: Log): Promise<Gateway> {
  const delivery = options.dryRun ? dryDelivery : await openDelivery(options, version, log);
  let front: Front;
  try {
    front =
      options.workers > 1
        ? await startWorkers(options, delivery, log)
        : await startFront(options, delivery, log);
  } catch (error) {
    await delivery.stop();
    throw error;
  }
  return {
    stop: async () => {
      await front.stop();
      await delivery.stop();
    },
  };
}
