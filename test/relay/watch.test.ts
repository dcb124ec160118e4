/** A watch of a real manager. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROFILES } from '../../src/prelude/profile.ts';
import { watchManagers } from '../../src/relay/watch.ts';
import { startManager } from '../helpers/manager.ts';
import { freePort } from '../helpers/ports.ts';
import { tempFolder } from '../helpers/temp.ts';
import { until } from '../helpers/until.ts';

const manager = await startManager({ after }, 'watch');
// the same profile is registered with both
const other = await startManager({ after }, 'watch');
const both = [manager.address, other.address];
const profile = join(PROFILES, manager.profile);
/** the manager closes connections without TLS after 10 s */
const LONGER_THAN_MANAGERS_TIMEOUT_MS = 11_000;

test('lasts as long as the manager, and ends when the manager is killed', async () => {
  const watch = await watchManagers(profile, [manager.address]);
  let ended = 0;
  watch.onEnded(() => ended++);
  await sleep(LONGER_THAN_MANAGERS_TIMEOUT_MS);
  assert.equal(watch.ended, false);
  await manager.kill();
  await until(
    () => ended > 0,
    2_000,
    () => 'end of the watch',
  );
  assert.equal(watch.ended, true);
  assert.equal(ended, 1);
  watch.onEnded(() => ended++);
  assert.equal(ended, 2, 'called at once');
  await manager.start();
});

test('fails where a manager does not show a certificate that the profile trusts', async (t) => {
  const changed = tempFolder(t);
  cpSync(profile, changed, { recursive: true });
  const trusted = readFileSync(join(changed, 'client.trusted'), 'utf8');
  // of one of the two managers
  writeFileSync(join(changed, 'client.trusted'), trusted.slice(trusted.lastIndexOf('-----BEGIN')));
  await assert.rejects(watchManagers(changed, both));
});

test('ends when one of several managers has ended', async () => {
  const watch = await watchManagers(profile, both);
  assert.equal(watch.ended, false);
  await other.stop();
  await until(
    () => watch.ended,
    2_000,
    () => 'end of the watch',
  );
});

test('fails where no manager listens, even if others do', async () => {
  const nobody = `127.0.0.1:${await freePort()}`;
  await assert.rejects(watchManagers(profile, [manager.address, nobody]), /ECONNREFUSED/);
});

test('fails without the key of the profile', async (t) => {
  await assert.rejects(watchManagers(tempFolder(t), [manager.address]), /ENOENT/);
});

test('fails in time if the manager does not answer', async () => {
  manager.freeze();
  await assert.rejects(watchManagers(profile, [manager.address]), /no answer/);
  manager.thaw();
});

test('calls nothing when it is closed here', async () => {
  const watch = await watchManagers(profile, [manager.address]);
  watch.onEnded(() => {
    assert.fail('called');
  });
  watch.close();
  await sleep(50);
  assert.equal(watch.ended, true);
});
