import { setTimeout as sleep } from 'node:timers/promises';
import { startApache } from '../../test/helpers/apache.ts';
import type { Scope } from '../../test/helpers/cleanup.ts';
import { Manager } from '../../test/helpers/manager.ts';
import { freePort } from '../../test/helpers/ports.ts';
import { Tmpfs } from '../../test/helpers/tmpfs.ts';
import { Alerts } from './alert.ts';
import { idsInFolder } from './evidence.ts';
import { Faults } from './faults.ts';
import { GatewayProcess } from './gateway-process.ts';
import type { Lane, Parts } from './lanes.ts';
import { Link } from './link.ts';
import { ManagerProcess, type GatewayView } from './manager-process.ts';
import { Random } from './random.ts';
import type { ChaosResult } from './result.ts';
import { Senders } from './senders.ts';
import type { Setting } from './setting.ts';

/** How much of it. */
export interface ChaosOptions {
  /** most time for faults */
  readonly seconds: number;
  /** it goes on until so many faults have happened */
  readonly faults: number;
  /** and so many alerts were answered 200 */
  readonly alerts: number;
  readonly senders: number;
  readonly seed: number;
}

/** What is tried, and how. */
export interface Trial {
  readonly setting: Setting;
  readonly options: ChaosOptions;
  /** path of the program secef */
  readonly program: string;
  readonly lanes: (parts: Parts, setting: Setting) => readonly Lane[];
}

const QUEUE_MEGABYTES = 24;
/**
 * The smaller, the more often a session with the manager is ended to be acknowledged. The last one
 * is above the size of the disk: then the disk itself says no.
 */
const QUEUE_LIMITS = ['1M', '4M', '1G'] as const;
/** restarts until the queue has to be empty */
const ROUNDS = 30;
/** the shortest time between two of them */
const ROUND_MS = 1000;
/** seconds without anything new after which a manager has reported all it will ever report */
const QUIET_S = 10;
const PROGRESS_MS = 10_000;

/**
 * Runs the whole way of a message, breaks it at random, and looks whether all that was answered
 * 200 has arrived.
 */
export async function runChaos(
  scope: Scope,
  trial: Trial,
  progress: (line: string) => void,
): Promise<ChaosResult> {
  const begun = performance.now();
  const { setting, options } = trial;
  const alerts = new Alerts(options.seed);
  const parts = await startParts(scope, trial, alerts);
  const { managers, gateway, apache, disk } = parts;
  const senders = new Senders(apache.url, alerts, options.senders, options.seed + 1000);
  const faults = new Faults(trial.lanes(parts, setting), options.seed + 2000);
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1000;
  const say = (line: string): void => {
    progress(`${setting.name}, ${Math.round(elapsed())} s: ${line}`);
  };
  const tell = setInterval(() => {
    for (const { received } of managers) received.update();
    const arrived = managers.map(({ received }) => received.counts.size).join(' and ');
    say(
      `${faults.count} faults, ${senders.accepted.size} alerts answered 200, ${arrived} received`,
    );
  }, PROGRESS_MS);
  try {
    while (elapsed() < options.seconds && !isEnough(options, faults, senders)) await sleep(100);
    if (faults.error !== undefined) say(`cannot go on: ${faults.error.message}`);
    await faults.end();
    const seconds = elapsed();
    say('no more faults, delivering what waits');
    await drain(parts, senders);
    const destinations = destinationsOf(setting, managers);
    await untilQuiet(destinations, senders);
    const total = (performance.now() - begun) / 1000;
    const left = idsInFolder(disk.path, alerts);
    return { setting, options, seconds, total, left, faults, senders, gateway, destinations };
  } finally {
    clearInterval(tell);
    await senders.giveUp();
    await gateway.dispose();
  }
}

async function startParts(scope: Scope, trial: Trial, alerts: Alerts): Promise<Parts> {
  const { setting, options, program } = trial;
  const { socketIsPassed } = setting;
  const disk = await Tmpfs.mount(scope, QUEUE_MEGABYTES);
  const started = await startManagers(scope, setting);
  const [a = '', b = ''] = started.map(({ link }) => link.address);
  const args = [
    ...['--profile', started[0]?.manager.profile ?? ''],
    ...['--manager', setting.managers.replace('a', a).replace(/b$/, b)],
    ...['--queue', disk.path, '--workers', `${setting.workers}`],
  ];
  const setup = { program, args, limits: QUEUE_LIMITS, socketIsPassed };
  const gateway = await GatewayProcess.start(scope, setup, new Random(options.seed));
  const view: GatewayView = {
    // with "a && b" what waits may be for the other manager
    waiting: () => (setting.managers === 'a && b' ? new Set() : idsInFolder(disk.path, alerts)),
    acknowledged: () => gateway.events.get('delivered') ?? 0,
  };
  const managers = started.map(
    ({ manager, link }) => new ManagerProcess(manager, link, alerts, view),
  );
  return { gateway, disk, managers, apache: await startApache(scope, gateway.socket) };
}

/** Starts one manager or two, with one profile, each behind a proxy. */
async function startManagers(
  scope: Scope,
  { name, managers }: Setting,
): Promise<{ manager: Manager; link: Link }[]> {
  const started = [];
  for (let count = managers === 'a' ? 1 : 2; count > 0; count--) {
    const manager = new Manager(scope, `chaos-${name}`, await freePort());
    await manager.start();
    started.push({ manager, link: await Link.listen(scope, manager.port) });
  }
  return started;
}

/** Groups of managers of which one gets each alert. */
function destinationsOf(
  { managers }: Setting,
  all: readonly ManagerProcess[],
): readonly (readonly ManagerProcess[])[] {
  return managers === 'a && b' ? all.map((manager) => [manager]) : [all];
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
    await sleep(ROUND_MS);
    const { ended } = senders;
    await gateway.stop();
    if (ended && disk.names().every((name) => !name.endsWith('.idmef'))) return;
    await gateway.restart();
  }
  await gateway.stop();
}

/** Waits until all has arrived, or nothing arrives any more. */
async function untilQuiet(
  destinations: readonly (readonly ManagerProcess[])[],
  senders: Senders,
): Promise<void> {
  const managers = destinations.flat();
  for (let quiet = 0; quiet < QUIET_S; quiet++) {
    if (managers.filter(({ received }) => received.update()).length > 0) quiet = 0;
    const hasAll = (group: readonly ManagerProcess[]): boolean =>
      [...senders.accepted].every((id) => group.some(({ received }) => received.counts.has(id)));
    if (destinations.every(hasAll)) return;
    await sleep(1000);
  }
}
