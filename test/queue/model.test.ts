/**
 * The queue against a model of what must be there: random appends, deliveries to two managers, frames
 * that are set aside and retried, a limit, failing operations, crashes at any operation. Nothing that
 * was acknowledged is lost, nothing is torn, and only faults and the limit refuse a request.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { counts, MANAGERS, Model } from './model.ts';
import type { Crash } from './model-disk.ts';

const RUNS = Number(process.env['MODEL_RUNS'] ?? '2000');
/** the faults and crashes of a step hit one of its first operations */
const OPERATIONS = 16;

type Action =
  /** requests at the same moment: the sizes of their frames */
  | { readonly kind: 'append'; readonly requests: readonly (readonly number[])[] }
  | { readonly kind: 'deliver'; readonly manager: number; readonly pieces: number }
  | { readonly kind: 'set-aside'; readonly choice: number }
  | { readonly kind: 'retry'; readonly choice: number }
  | { readonly kind: 'seal' };

type Step =
  | Action
  /** the operations with these numbers from here fail */
  | { readonly kind: 'faults'; readonly at: readonly number[] }
  /** the machine dies at that operation of an action and comes back */
  | { readonly kind: 'crash'; readonly action: Action; readonly at: number; readonly crash: Crash }
  | { readonly kind: 'reopen'; readonly failing: readonly number[] };

const operation = fc.integer({ min: 0, max: OPERATIONS });
const operations = fc.array(operation, { maxLength: 3 });
const sizes = fc.array(fc.integer({ min: 16, max: 300 }), { minLength: 1, maxLength: 5 });

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      requests: fc.array(sizes, { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      manager: fc.nat(MANAGERS - 1),
      pieces: fc.constantFrom(1, 3, Infinity, Infinity),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('set-aside' as const), choice: fc.nat(100) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('retry' as const), choice: fc.nat(100) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'seal' as const }) },
);

const crash = fc.record({
  kept: fc.oneof(fc.constant(1000), fc.integer({ min: 0, max: 1000 })),
  hole: fc.boolean(),
  garbage: fc.integer({ min: 0, max: 40 }),
  changes: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 31 - 1 })),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: action },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('faults' as const), at: operations }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('crash' as const), action, at: operation, crash }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('reopen' as const), failing: operations }),
  },
);

async function act(model: Model, next: Action): Promise<void> {
  if (next.kind === 'append') await model.append(next.requests);
  else if (next.kind === 'deliver') await model.deliver(next.manager, next.pieces);
  else if (next.kind === 'set-aside') await model.setAside(next.choice);
  else if (next.kind === 'retry') await model.retry(next.choice);
  else await model.queue.seal();
}

async function play(steps: readonly Step[]): Promise<void> {
  const model = new Model();
  await model.open();
  for (const next of steps) {
    if (next.kind === 'faults') model.disk.failAt(next.at);
    else if (next.kind === 'reopen') await model.reopen(next.failing);
    else if (next.kind === 'crash') {
      model.disk.dieAt(next.at);
      await act(model, next.action);
      await model.crash(next.crash);
    } else await act(model, next);
    await model.check();
  }
}

test('loses nothing acknowledged and tears nothing, whatever fails and crashes', async (t) => {
  let sequences = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      sequences++;
      await play(steps);
    }),
    { numRuns: RUNS },
  );
  for (const [what, count] of Object.entries(counts)) assert.ok(count > 0, `never: ${what}`);
  t.diagnostic(`sequences ${sequences}, ${JSON.stringify(counts)}`);
});
