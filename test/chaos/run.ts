import { setTimeout as sleep } from 'node:timers/promises';
import { startApache } from '../helpers/apache.ts';
import type { Scope } from '../helpers/cleanup.ts';
import { startManager } from '../helpers/manager.ts';
import { Names } from './alert.ts';
import { idsInFolder } from './evidence.ts';
import { Faults, type Parts } from './faults.ts';
import { GatewayProcess } from './gateway-process.ts';
import { ManagerProcess } from './manager-process.ts';
import { Random } from './random.ts';
import type { ChaosResult } from './result.ts';
import { Senders } from './senders.ts';
import { Tmpfs } from './tmpfs.ts';

/** How much of it. */
export interface ChaosOptions {
  /** most time for faults, in seconds */
  seconds: number;
  /** it goes on until so many faults have happened */
  faults: number;
  /** and so many alerts were answered 200 */
  alerts: number;
  senders: number;
  seed: number;
}

const QUEUE_MEGABYTES = 24;
/**
 * The smaller, the more often a session with the manager is ended to be acknowledged. The last one
 * is above the size of the disk: then the disk itself says no.
 */
const QUEUE_LIMITS = ['1M', '4M', '1G'];
/** restarts until the queue has to be empty */
const ROUNDS = 30;
/** seconds without anything new after which a manager has reported all it will ever report */
const QUIET = 10;

/**
 * Runs the whole way of a message, breaks it at random, and looks whether all that was answered
 * 200 has arrived.
 */
export async function runChaos(
  scope: Scope,
  options: ChaosOptions,
  progress: (line: string) => void,
): Promise<ChaosResult> {
  const begun = performance.now();
  const { seed } = options;
  const names = new Names(seed);
  const parts = await startParts(scope, names, seed);
  const apache = await startApache(scope, parts.gateway.socket);

  const senders = new Senders(apache.url, names, options.senders, seed + 1000);
  const faults = new Faults(parts, seed + 2000);
  const { received } = parts.manager;
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1000;
  const tell = setInterval(() => {
    received.update();
    progress(
      `${Math.round(elapsed())} s: ${faults.count} faults, ${senders.accepted.size} alerts answered 200, ${received.counts.size} received`,
    );
  }, 10_000);
  try {
    while (elapsed() < options.seconds && !isEnough(options, faults, senders)) await sleep(100);
    await faults.end();
    const seconds = elapsed();
    progress(`${Math.round(seconds)} s: no more faults, delivering what waits`);
    await drain(parts, senders);
    await untilQuiet(parts, senders);
    const total = (performance.now() - begun) / 1000;
    const left = idsInFolder(parts.disk.path, names).size;
    return { options, seconds, total, left, faults, senders, ...parts };
  } finally {
    clearInterval(tell);
    await senders.giveUp();
  }
}

async function startParts(scope: Scope, names: Names, seed: number): Promise<Parts> {
  const manager = await startManager(scope, 'chaos');
  const disk = await Tmpfs.mount(scope, QUEUE_MEGABYTES);
  const args = ['--profile', manager.profile, '--manager', manager.address];
  const gateway = new GatewayProcess(scope, args, disk.path, QUEUE_LIMITS, new Random(seed));
  await gateway.start();
  return { gateway, disk, manager: new ManagerProcess(manager, names, disk.path) };
}

/** Also if it cannot go on. */
function isEnough(options: ChaosOptions, faults: Faults, senders: Senders): boolean {
  if (faults.error !== undefined) return true;
  return faults.hadAll && faults.count >= options.faults && senders.accepted.size >= options.alerts;
}

/** Restarts the gateway by SIGTERM until nothing is sent any more and nothing waits. */
async function drain({ gateway, disk }: Parts, senders: Senders): Promise<void> {
  senders.finish();
  for (let round = 0; round < ROUNDS; round++) {
    for (let step = 0; step < 50 && !senders.ended; step++) await sleep(100);
    const { ended } = senders;
    await gateway.stop();
    if (ended && disk.names().every((name) => !name.endsWith('.idmef'))) return;
    await gateway.start();
  }
  await gateway.stop();
}

/** Waits until all has arrived, or nothing arrives any more. */
async function untilQuiet({ manager }: Parts, senders: Senders): Promise<void> {
  const { received } = manager;
  for (let quiet = 0; quiet < QUIET; quiet++) {
    if (received.update()) quiet = 0;
    if ([...senders.accepted].every((id) => received.counts.has(id))) return;
    await sleep(1000);
  }
}
