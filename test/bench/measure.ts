/** All figures of one run. */
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scope } from '../helpers/cleanup.ts';
import { startManager, type Manager } from '../helpers/manager.ts';
import { sendLoad } from './ab.ts';
import { Arrivals } from './arrivals.ts';
import { bulkFile, single } from './documents.ts';
import { measureGrowth, type Grown } from './growth.ts';
import { measureLatency, type Latency } from './latency.ts';
import {
  startEmptyResponder,
  startGatewayFor,
  startOther,
  startTls,
  type GatewaySubject,
  type Subject,
} from './parts.ts';
import { measureReading, type Reading } from './reading.ts';
import { runOnce, runRounds, type Run, type Variant } from './rounds.ts';
import { measureSoak, type Soaked } from './soak.ts';
import { isGateway, residentOf } from './usage.ts';

export interface BenchOptions {
  readonly rounds: number;
  /** of one run of a variant */
  readonly seconds: number;
  /** messages that wait at most, to see what they cost */
  readonly waiting: number;
  /** seconds after the load, until the memory at rest is looked at */
  readonly rest: number;
  /** of load without a pause, to see whether memory grows; 0 for none */
  readonly soak: number;
  /** of the gateway that is not the default one */
  readonly workers: string;
  /** command of another FastCGI program that takes part in the rounds; empty for none */
  readonly compare: string;
}

/** Resident bytes of the gateway's processes. */
export interface Memory {
  readonly name: string;
  readonly atRest: number;
  readonly underLoad: number;
  readonly afterLoad: number;
}

/** Bytes a second of documents of one size. */
export interface Sized {
  readonly bytes: number;
  readonly bytesPerSecond: number;
  readonly resident: number;
  readonly bad: number;
}

export interface Measured {
  readonly options: BenchOptions;
  readonly runs: ReadonlyMap<string, readonly Run[]>;
  readonly memory: readonly Memory[];
  readonly reading: Reading;
  readonly latency: Latency;
  readonly sizes: readonly Sized[];
  readonly growth: readonly Grown[];
  readonly soaked: Soaked | undefined;
}

/** names of variants */
export const EMPTY = 'empty';
export const OTHER_SINGLE = 'compared, single';
export const OTHER_BULK = 'compared, bulk';
/** alerts of a bulk document */
export const BULK = 100;
const CLIENTS = 16;
/** alerts of the documents of growing size: about 3 KB each */
const SIZES = [1, 10, 100, 1000, 3400];
const LATENCY_ALERTS = 1000;
const MEGABYTE = 1_000_000;

interface Gateways {
  readonly plain: GatewaySubject;
  readonly workers: GatewaySubject;
  readonly valid: GatewaySubject;
}

async function startGateways(scope: Scope, manager: Manager, workers: string): Promise<Gateways> {
  const { profile, address } = manager;
  const start = (...options: string[]): Promise<GatewaySubject> =>
    startGatewayFor(scope, profile, address, options);
  return {
    plain: await start(),
    workers: await start('--workers', workers),
    valid: await start('--valid-dtd'),
  };
}

async function makeVariants(
  scope: Scope,
  { plain, workers, valid }: Gateways,
  compare: string,
): Promise<readonly Variant[]> {
  const one = { document: single, messages: 1, clients: CLIENTS };
  const many = { document: bulkFile(scope, BULK), messages: BULK, clients: CLIENTS };
  const tls = await startTls(scope, plain);
  const { certificate } = tls;
  const other = compare === '' ? undefined : await startOther(scope, compare);
  // where its messages go is not known
  const others =
    other === undefined
      ? []
      : [
          { ...one, name: OTHER_SINGLE, subject: other, messages: 0 },
          { ...many, name: OTHER_BULK, subject: other, messages: 0 },
        ];
  return [
    { ...one, name: EMPTY, subject: await startEmptyResponder(scope), messages: 0 },
    ...others,
    { ...one, name: 'single', subject: plain },
    { ...one, name: 'single, workers', subject: workers },
    { ...many, name: 'bulk', subject: plain },
    { ...many, name: 'bulk, workers', subject: workers },
    { ...one, name: 'TLS', subject: tls, certificate },
    { ...one, name: '--valid-dtd', subject: valid },
  ];
}

const resident = ({ pid }: Subject): number => residentOf(pid, isGateway);

async function measureSizes(scope: Scope, { apache, pid }: Subject): Promise<Sized[]> {
  const sizes: Sized[] = [];
  for (const count of SIZES) {
    const document = bulkFile(scope, count);
    const bytes = statSync(document).size;
    // time for several of the large ones, too
    const seconds = bytes > MEGABYTE ? 12 : 3;
    const load = { url: apache.url, document, clients: 4, seconds };
    const { perSecond, bad } = await sendLoad(load);
    const memory = residentOf(pid, isGateway);
    sizes.push({ bytes, bytesPerSecond: bytes * perSecond, resident: memory, bad });
  }
  return sizes;
}

/** Starts everything, and measures. */
export async function measure(scope: Scope, options: BenchOptions): Promise<Measured> {
  const reading = measureReading();
  const manager = await startManager(scope, 'bench');
  const gateways = await startGateways(scope, manager, options.workers);
  const arrivals = new Arrivals(manager.file);
  const variants = await makeVariants(scope, gateways, options.compare);
  const atRest = { plain: resident(gateways.plain), workers: resident(gateways.workers) };
  const runs = await runRounds(variants, options, (variant, seconds) =>
    runOnce(variant, seconds, manager, arrivals),
  );
  await sleep(options.rest * 1000);
  const afterLoad = { plain: resident(gateways.plain), workers: resident(gateways.workers) };
  const underLoad = (name: string): number =>
    Math.max(...(runs.get(name) ?? []).map((run) => run.resident));
  const latency = await measureLatency(gateways.plain.apache.url, manager.file, LATENCY_ALERTS);
  arrivals.close();
  const dry = await startGatewayFor(scope, manager.profile, manager.address, ['--dry-run']);
  const sizes = await measureSizes(scope, dry);
  const counts = [0, Math.round(options.waiting / 10), options.waiting];
  const growth = await measureGrowth(scope, manager.profile, counts, {
    seconds: options.seconds,
    workers: '1',
  });
  const soaked =
    options.soak === 0 ? undefined : await measureSoak(gateways.plain, manager, options.soak);
  const memory = [
    {
      name: '1 process',
      atRest: atRest.plain,
      underLoad: underLoad('single'),
      afterLoad: afterLoad.plain,
    },
    {
      name: `--workers ${options.workers}`,
      atRest: atRest.workers,
      underLoad: underLoad('single, workers'),
      afterLoad: afterLoad.workers,
    },
  ];
  return { options, runs, memory, reading, latency, sizes, growth, soaked };
}
