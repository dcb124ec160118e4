/** What changes with the number of messages that wait: the manager is down. */
import type { Scope } from '../helpers/cleanup.ts';
import { alerts } from '../helpers/documents.ts';
import { names } from '../helpers/load.ts';
import { freePort } from '../helpers/ports.ts';
import { sendLoad } from './ab.ts';
import { single } from './documents.ts';
import { startGatewayFor } from './parts.ts';
import { post } from './post.ts';
import { median } from './rounds.ts';
import { isGateway, residentOf } from './usage.ts';

export interface Grown {
  readonly waiting: number;
  readonly perSecond: number;
  readonly resident: number;
  readonly bad: number;
}

const BATCH = 1000;
const CLIENTS = 4;
const RUNS = 3;

async function fill(url: string, count: number): Promise<void> {
  const document = alerts(names('wait', BATCH));
  let left = Math.ceil(count / BATCH);
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const status = await post(url, document);
      if (status !== 200) throw new Error(`filling the queue: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** @param counts how many messages are to wait, growing */
export async function measureGrowth(
  scope: Scope,
  profile: string,
  counts: readonly number[],
  options: { readonly seconds: number; readonly workers: string },
): Promise<Grown[]> {
  const nobody = `127.0.0.1:${await freePort()}`;
  const limits = ['--queue-limit', '20G', '--workers', options.workers];
  const subject = await startGatewayFor(scope, profile, nobody, limits);
  const load = { url: subject.apache.url, document: single, clients: 16, seconds: options.seconds };
  await sendLoad(load);
  const grown: Grown[] = [];
  let waiting = 0;
  for (const count of counts) {
    await fill(subject.apache.url, count - waiting);
    waiting = count;
    const runs = [];
    for (let run = 0; run < RUNS; run++) runs.push(await sendLoad(load));
    const resident = residentOf(subject.pid, isGateway);
    const perSecond = median(runs.map((run) => run.perSecond));
    const bad = runs.reduce((sum, run) => sum + run.bad, 0);
    grown.push({ waiting, perSecond, resident, bad });
    console.log(`${count} wait: ${perSecond.toFixed(0)}/s, ${(resident / 1e6).toFixed(0)} MB`);
  }
  return grown;
}
