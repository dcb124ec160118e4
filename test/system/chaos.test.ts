import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allLanes } from '../../tools/chaos/lanes.ts';
import { report } from '../../tools/chaos/report.ts';
import { losses, tornOf } from '../../tools/chaos/result.ts';
import { runChaos } from '../../tools/chaos/run.ts';
import { SETTINGS } from '../../tools/chaos/setting.ts';
import { inProject } from '../helpers/root.ts';

// scripts/chaos does the same for longer, and in other settings; this takes about a minute.
const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1_000_000));

test('whatever is killed, stopped, cut or full, all alerts that were answered 200 arrive, and whole', async (t) => {
  const [setting] = SETTINGS;
  assert.ok(setting);
  // it ends after that many faults, and at least one of each kind; a busy machine takes longer
  const options = { seconds: 300, faults: 50, alerts: 3000, senders: 8, seed };
  const trial = { setting, options, program: inProject('scripts/secef'), lanes: allLanes };
  const result = await runChaos(t, trial, (line) => {
    t.diagnostic(line);
  });
  const table = report([result]);
  assert.deepEqual(losses(result).byGateway, [], table);
  assert.deepEqual(tornOf(result), [], table);
  assert.equal(result.left.size, 0, table);
  assert.ok(result.senders.accepted.size >= options.alerts, table);
  for (const [kind, count] of result.faults.counts) assert.ok(count > 0, `no ${kind}\n${table}`);
});
