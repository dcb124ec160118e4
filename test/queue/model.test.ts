/**
 * The queue against a model of what must be there: random appends, failing disks, crashes at any
 * operation, deliveries. Nothing that was acknowledged is lost, nothing is torn, and what was not
 * acknowledged is there as a whole or not at all.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Queue } from '../../src/queue/queue.ts';
import { ModelDisk } from './model-disk.ts';
import { recordEvents } from './events.ts';
import { frameNames, request } from './frames.ts';

const DIRECTORY = '/queue';
const BLOCK = 1000;
const RUNS = Number(process.env['MODEL_RUNS'] ?? '2000');

type Step =
  /** requests at the same moment: the sizes of their frames */
  | { readonly kind: 'append'; readonly requests: readonly (readonly number[])[] }
  /** the operations with these numbers from here fail */
  | { readonly kind: 'faults'; readonly at: readonly number[] }
  /** requests are appended; the machine dies at that operation from here and comes back */
  | {
      readonly kind: 'crash';
      readonly requests: readonly (readonly number[])[];
      readonly at: number;
      readonly kept: number;
      readonly garbage: number;
    }
  /** everything that is there is delivered and acknowledged */
  | { readonly kind: 'deliver' }
  | { readonly kind: 'seal' }
  | { readonly kind: 'reopen' };

const sizes = fc.array(fc.integer({ min: 16, max: 300 }), { minLength: 1, maxLength: 5 });
const requests = fc.array(sizes, { minLength: 1, maxLength: 5 });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('append' as const), requests }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('faults' as const),
      at: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      requests,
      at: fc.integer({ min: 0, max: 12 }),
      kept: fc.integer({ min: 0, max: 1000 }),
      garbage: fc.integer({ min: 0, max: 40 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'deliver' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'seal' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
);

interface Sent {
  readonly name: string;
  readonly frames: number;
  acknowledged: boolean;
  /** a manager has it */
  delivered: boolean;
}

class Run {
  readonly disk = new ModelDisk();
  readonly sent: Sent[] = [];
  #queue: Queue | undefined;

  get queue(): Queue {
    assert.ok(this.#queue);
    return this.#queue;
  }

  async open(): Promise<void> {
    const options = {
      directory: DIRECTORY,
      limit: 2 ** 30,
      disk: this.disk,
      events: recordEvents(),
    };
    this.#queue = await Queue.open(options);
  }

  async append(all: readonly (readonly number[])[]): Promise<void> {
    const appends = all.map(async (frameSizes) => {
      const name = `r${this.sent.length}`;
      const entry = { name, frames: frameSizes.length, acknowledged: false, delivered: false };
      this.sent.push(entry);
      try {
        await this.queue.append(request(name, frameSizes), frameSizes.length);
        entry.acknowledged = true;
      } catch {
        // it is not in the queue, or whole: see check
      }
    });
    await Promise.all(appends);
  }

  async crash({
    requests: all,
    at,
    kept,
    garbage,
  }: Extract<Step, { kind: 'crash' }>): Promise<void> {
    this.disk.dieAt(at);
    await this.append(all);
    this.disk.crash((unsynced) => {
      const part = unsynced.subarray(0, Math.floor((unsynced.length * kept) / 1000));
      return Buffer.concat([part, Buffer.alloc(unsynced.length > 0 ? garbage : 0, 1)]);
    });
    await this.open();
  }

  async deliver(): Promise<void> {
    await this.queue.seal();
    const segments = [...this.queue.segments];
    const names = await this.namesInQueue();
    for (const entry of this.sent) if (names.has(`${entry.name}/0`)) entry.delivered = true;
    try {
      await this.queue.acknowledge(
        segments.map((segment) => ({
          segment,
          length: segment.length,
          messages: segment.messages,
        })),
      );
    } catch {
      // a failing disk: what a manager has may be there still, or come back
    }
  }

  /** Names of all frames that the relay would read, with how often. */
  async namesInQueue(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (const segment of this.queue.segments) {
      // a segment whose first request has not been synced may not even be there
      if (segment.length === 0) continue;
      const reader = this.queue.read(segment, 0);
      for (let piece; (piece = await reader.next(BLOCK)) !== undefined;)
        for (const name of frameNames(piece.bytes)) counts.set(name, (counts.get(name) ?? 0) + 1);
      await reader.close();
    }
    return counts;
  }

  async check(): Promise<void> {
    const names = await this.namesInQueue();
    for (const { name, frames, acknowledged, delivered } of this.sent) {
      const there = Array.from(
        { length: frames },
        (_, index) => names.get(`${name}/${index}`) ?? 0,
      );
      const wanted = there[0] ?? 0;
      assert.ok(
        there.every((count) => count === wanted),
        `${name} is torn: ${there.join(' ')}`,
      );
      assert.ok(wanted <= 1, `${name} is there ${wanted} times`);
      if (acknowledged && !delivered) assert.equal(wanted, 1, `${name} is lost`);
    }
  }
}

async function play(steps: readonly Step[]): Promise<void> {
  const run = new Run();
  await run.open();
  for (const next of steps) {
    if (next.kind === 'append') await run.append(next.requests);
    else if (next.kind === 'faults') run.disk.failAt(next.at);
    else if (next.kind === 'crash') await run.crash(next);
    else if (next.kind === 'deliver') await run.deliver();
    else if (next.kind === 'seal') await run.queue.seal();
    else {
      await run.queue.close();
      run.disk.failAt([]);
      await run.open();
    }
    await run.check();
  }
}

test('loses nothing acknowledged and tears nothing, whatever fails and crashes', async (t) => {
  let crashes = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
      crashes += steps.filter(({ kind }) => kind === 'crash').length;
      await play(steps);
    }),
    { numRuns: RUNS },
  );
  t.diagnostic(`sequences ${RUNS}, crashes ${crashes}, lost 0, torn 0`);
});
