import assert from 'node:assert/strict';
import { test } from 'node:test';
import { report } from '../chaos/report.ts';
import { losses } from '../chaos/result.ts';
import { runChaos } from '../chaos/run.ts';

// scripts/chaos is the same for longer; this takes about 45 seconds.
const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1_000_000));

test('whatever is killed, stopped or full, all alerts that were answered 200 arrive, and whole', async (t) => {
  const options = { seconds: 90, faults: 20, alerts: 3000, senders: 8, seed };
  const result = await runChaos(t, options, (line) => {
    t.diagnostic(line);
  });
  const table = report(result);
  assert.deepEqual(losses(result).byGateway, [], table);
  assert.deepEqual(result.manager.received.torn, [], table);
  assert.equal(result.left, 0, table);
  assert.ok(result.senders.accepted.size >= options.alerts, table);
  for (const [kind, count] of result.faults.counts) assert.ok(count > 0, `no ${kind}\n${table}`);
});
