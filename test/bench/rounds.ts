/** The variants by turns (A B C A B C), so that what the machine does besides meets all of them. */
import type { Manager } from '../helpers/manager.ts';
import { sendLoad, type Answers } from './ab.ts';
import type { Arrivals } from './arrivals.ts';
import type { Subject } from './parts.ts';
import { endedSecondsOf, residentOf, secondsOf } from './usage.ts';

export interface Variant {
  readonly name: string;
  readonly subject: Subject;
  readonly document: string;
  /** in the document; 0 if they go nowhere */
  readonly messages: number;
  readonly clients: number;
  readonly certificate?: string;
}

/** Processor seconds a request, by who used them. */
export interface Shares {
  readonly apache: number;
  readonly gateway: number;
  readonly preludeAdmin: number;
  readonly manager: number;
}

export interface Run extends Answers {
  /** with the time until the manager had all of them */
  readonly deliveredPerSecond: number;
  readonly shares: Shares;
  /** most resident bytes of the gateway's processes */
  readonly resident: number;
}

const any = (): boolean => true;

function usage(subject: Subject, manager: Manager): Shares {
  return {
    apache: secondsOf(subject.apache.pid, any),
    gateway: secondsOf(subject.pid, subject.counts),
    // sessions end now and then
    preludeAdmin:
      secondsOf(subject.pid, (name) => name.startsWith('prelude')) + endedSecondsOf(subject.pid),
    manager: secondsOf(manager.pid, any),
  };
}

/** One variant for a while, until the manager has everything. */
export async function runOnce(
  variant: Variant,
  seconds: number,
  manager: Manager,
  arrivals: Arrivals,
): Promise<Run> {
  const { subject, messages } = variant;
  const before = usage(subject, manager);
  const there = arrivals.count;
  let resident = 0;
  const sampler = setInterval(() => {
    resident = Math.max(resident, residentOf(subject.pid, subject.counts));
  }, 500);
  const start = performance.now();
  let answers: Answers;
  try {
    answers = await sendLoad({ ...variant, url: variant.subject.apache.url, seconds });
  } finally {
    clearInterval(sampler);
  }
  // heartbeats of a gateway may come on top; fewer than were accepted cannot be
  if (messages > 0) await arrivals.until(there + answers.ok * messages);
  const total = (performance.now() - start) / 1000;
  const after = usage(subject, manager);
  const share = (name: keyof Shares): number => (after[name] - before[name]) / answers.ok;
  return {
    ...answers,
    deliveredPerSecond: (answers.ok * messages) / total,
    resident,
    shares: {
      apache: share('apache'),
      gateway: share('gateway'),
      preludeAdmin: share('preludeAdmin'),
      manager: share('manager'),
    },
  };
}

/** So many rounds of all variants; the first one, in which the programs warm up, is thrown away. */
export async function runRounds(
  variants: readonly Variant[],
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
  run: (variant: Variant, seconds: number) => Promise<Run>,
): Promise<ReadonlyMap<string, readonly Run[]>> {
  const runs = new Map<string, Run[]>(variants.map(({ name }) => [name, []]));
  for (const variant of variants) await run(variant, seconds);
  for (let round = 0; round < rounds; round++)
    for (const variant of variants) {
      const result = await run(variant, seconds);
      console.log(
        `round ${round + 1} ${variant.name}: ${result.perSecond.toFixed(0)}/s, not 200: ${result.bad}`,
      );
      runs.get(variant.name)?.push(result);
    }
  return runs;
}

/** The one in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
