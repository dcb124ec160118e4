/**
 * The message's way, put together: accept → idmef → prelude → queue → relay. The first three can run
 * in several processes. In a dry run it ends before the queue.
 */
import { listen } from './accept/listen.ts';
import { dryDelivery, openDelivery, type Delivery } from './delivery.ts';
import { startFront, type Behind, type Front } from './front.ts';
import { collecting } from './idle.ts';
import type { Log } from './log.ts';
import { Figures } from './monitor/figures.ts';
import { makePages } from './monitor/pages.ts';
import { watchProcess, type ProcessFigures } from './monitor/process.ts';
import type { Options } from './options.ts';
import { RequestSummary } from './summary.ts';
import { startWorkers } from './workers/primary.ts';

export interface Gateway {
  /** It accepts requests. */
  isWell(): boolean;
  /** Accepts no more requests, ends those that run, gives the manager what it can, and ends. */
  stop(): Promise<void>;
}

/**
 * Starts the gateway.
 * @param fd a socket that listens already and is only borrowed; without it one is made
 * @throws GatewayError configuration
 */
export async function startGateway(
  options: Options,
  version: string,
  log: Log,
  fd: number | undefined,
): Promise<Gateway> {
  const figures = new Figures();
  const summary = new RequestSummary(figures, log);
  const delivery = options.dryRun
    ? dryDelivery
    : await openDelivery(options, version, log, figures);
  let stopping = false;
  const watch = watchProcess('main');
  let others: () => Promise<readonly ProcessFigures[]> = () => Promise.resolve([]);
  const pages = makePages({
    figures,
    look: delivery.look,
    obstacle: () => (stopping ? Promise.resolve('the gateway is stopping') : delivery.obstacle()),
    processes: async () => [watch(), ...(await others())],
    version,
    heartbeatInterval: options.dryRun ? 0 : options.heartbeat,
  });
  const open = async (): Promise<Front> => {
    const place = fd === undefined ? { path: options.sock } : { fd };
    const drainingFailed = (err: unknown): void => {
      log('draining-failed', { err });
    };
    const behind: Behind = {
      listen: (serve) => listen({ place, serve, drainingFailed }),
      delivery,
      figures: collecting(summary),
      pages,
    };
    if (options.workers === 1) return startFront(options, behind, log);
    const workers = await startWorkers(options.workers, behind, log);
    others = () => workers.processes();
    return workers;
  };
  const front = await openOr(open, delivery);
  return {
    isWell: () => front.isWell(),
    stop: async () => {
      stopping = true;
      await front.stop();
      summary.stop();
      await delivery.stop();
    },
  };
}

/** What cannot be opened leaves no delivery behind. */
async function openOr(open: () => Promise<Front>, delivery: Delivery): Promise<Front> {
  try {
    return await open();
  } catch (error) {
    await delivery.stop();
    throw error;
  }
}
