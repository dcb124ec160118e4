/** Memory over a long load, everything delivered. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Manager } from '../helpers/manager.ts';
import { mustRun } from '../helpers/run.ts';
import { tool } from '../helpers/tools.ts';
import { sendLoad } from './ab.ts';
import { Arrivals } from './arrivals.ts';
import { single } from './documents.ts';
import type { GatewaySubject } from './parts.ts';
import { median } from './rounds.ts';
import { isGateway, residentOf } from './usage.ts';

/** Resident bytes are medians of a third of the time, the most of all of it. */
export interface Soaked {
  readonly minutes: number;
  readonly ok: number;
  readonly bad: number;
  readonly first: number;
  readonly last: number;
  readonly most: number;
}

const SLICE_SECONDS = 10;
const SAMPLE_PAUSE = 1000;

/** Gives back the disk that what has been counted takes; the manager goes on behind it. */
async function forget(file: string, bytes: number): Promise<void> {
  const range = ['--offset', '0', '--length', String(bytes)];
  await mustRun(tool('fallocate', 'util-linux'), ['--punch-hole', ...range, file]);
}

/** Sends from 16 clients for so many minutes. */
export async function measureSoak(
  { gateway, apache, pid }: GatewaySubject,
  manager: Manager,
  minutes: number,
): Promise<Soaked> {
  const arrivals = new Arrivals(manager.file);
  const load = { url: apache.url, document: single, clients: 16, seconds: SLICE_SECONDS };
  const samples: number[] = [];
  const sampler = setInterval(() => {
    samples.push(residentOf(pid, isGateway));
  }, SAMPLE_PAUSE);
  const end = performance.now() + minutes * 60_000;
  let [ok, bad] = [0, 0];
  try {
    const before = arrivals.count;
    while (performance.now() < end) {
      const answers = await sendLoad(load);
      ok += answers.ok;
      bad += answers.bad;
      await arrivals.until(before + ok);
      await forget(manager.file, arrivals.position);
      gateway.forgetLog();
    }
    await sleep(SAMPLE_PAUSE);
  } finally {
    clearInterval(sampler);
    arrivals.close();
  }
  const third = Math.ceil(samples.length / 3);
  return {
    minutes,
    ok,
    bad,
    first: median(samples.slice(0, third)),
    last: median(samples.slice(-third)),
    most: Math.max(...samples),
  };
}
