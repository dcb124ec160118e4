import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCrashes, type CrashResult } from '../../tools/powerloss/crashes.ts';

// tools/powerloss is the same for longer; this takes about half a minute.
const seed = Number(process.env['POWERLOSS_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const CRASHES = 3;

function describe(result: CrashResult): string {
  return `seed ${seed}: ${JSON.stringify(result)}`;
}

for (const fileSystem of ['ext4', 'xfs'] as const)
  test(`alerts answered 200 survive power losses on ${fileSystem}, and are whole`, async (t) => {
    const options = { fileSystem, crashes: CRASHES, seed, control: false };
    const result = await runCrashes(t, options, (line) => {
      t.diagnostic(line);
    });
    assert.ok(result.cuts >= CRASHES && result.accepted > 0, describe(result));
    assert.deepEqual(result.lost, [], describe(result));
    assert.deepEqual(result.torn, [], describe(result));
    assert.equal(result.left, 0, describe(result));
  });

test('a gateway without fdatasync loses alerts on the same disk', async (t) => {
  const options = { fileSystem: 'ext4', crashes: CRASHES, seed, control: true } as const;
  const result = await runCrashes(t, options, (line) => {
    t.diagnostic(line);
  });
  assert.ok(result.lost.length > 0, describe(result));
});
