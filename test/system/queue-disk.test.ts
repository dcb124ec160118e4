import assert from 'node:assert/strict';
import { after, test, type TestContext } from 'node:test';
import { Flood } from '../helpers/flood.ts';
import { Tmpfs } from '../helpers/tmpfs.ts';
import { startApache, type Apache } from '../helpers/apache.ts';
import { curl, postText } from '../helpers/curl.ts';
import { alerts } from '../helpers/documents.ts';
import { Gateway } from '../helpers/gateway.ts';
import { startManager } from '../helpers/manager.ts';
import { until } from '../helpers/until.ts';

const MEGABYTES = 20;
/** characters of an alert, so that the disk is full after some thousands */
const TEXT = 'x'.repeat(4000);
/** milliseconds from the manager's start until there is room again */
const RECOVERY = 20_000;

const manager = await startManager({ after }, 'sys-disk');

interface OnDisk {
  disk: Tmpfs;
  gateway: Gateway;
  apache: Apache;
  flood: Flood;
}

async function startOnDisk(t: TestContext, name: string, limit: string): Promise<OnDisk> {
  await manager.stop();
  const disk = await Tmpfs.mount(t, MEGABYTES);
  const sending = ['--profile', manager.profile, '--manager', manager.address];
  const gateway = new Gateway(t, [...sending, '--queue', disk.path, '--queue-limit', limit]);
  await gateway.start();
  const apache = await startApache(t, gateway.socket);
  return { disk, gateway, apache, flood: new Flood(apache.url, name) };
}

/** Sends until nothing more is taken, also not the smallest. */
async function fillUp({ apache, flood }: OnDisk): Promise<void> {
  while (!flood.statuses.has(503)) await flood.send(200, TEXT);
  await until(
    async () => (await postText(apache.url, alerts(['last-straw']))).status === 503,
    60_000,
    () => `503, there were ${JSON.stringify([...flood.statuses])}`,
  );
}

async function assertRefuses({ apache }: OnDisk): Promise<void> {
  const answer = await postText(apache.url, alerts(['too-much'], TEXT));
  assert.equal(answer.status, 503, answer.body);
  assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
  assert.equal((await postText(apache.url, '<IDMEF-Message>')).status, 400);
  const plain = await postText(apache.url, alerts(['x']), { contentType: 'text/plain' });
  assert.equal(plain.status, 415);
  const ready = await curl(`${apache.url}ready`, []);
  assert.equal(ready.status, 503);
  assert.match(ready.body, /^not ready: the queue (is full|cannot be written): /);
}

/** Waits until an alert is taken again. */
async function untilAccepted({ apache, gateway }: OnDisk, id: string): Promise<void> {
  await until(
    async () => (await postText(apache.url, alerts([id], TEXT))).status === 200,
    RECOVERY,
    () => `200, ${gateway.describe()}`,
  );
  await until(
    async () => (await curl(`${apache.url}ready`, [])).status === 200,
    RECOVERY,
    () => `ready, ${gateway.describe()}`,
  );
}

async function assertAllArrives({ gateway, disk, flood }: OnDisk, last: string): Promise<void> {
  await manager.waitForIds([...flood.accepted, last], RECOVERY);
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null }, gateway.describe());
  const left = disk.names().filter((name) => name.endsWith('.idmef'));
  assert.deepEqual(left, [], gateway.describe());
}

function logged({ gateway }: OnDisk, event: string, text: string): boolean {
  return gateway
    .log()
    .some((line) => line['event'] === event && JSON.stringify(line).includes(text));
}

test('a full disk is answered 503, nothing that was taken is lost, and it recovers by itself', async (t) => {
  const all = await startOnDisk(t, 'full-disk', '1G');
  await fillUp(all);
  await assertRefuses(all);
  assert.ok(logged(all, 'queue-failed', 'ENOSPC'), all.gateway.describe());
  await manager.start();
  await untilAccepted(all, 'disk-again');
  await assertAllArrives(all, 'disk-again');
});

test('--queue-limit is answered 503, nothing that was taken is lost, and it recovers by itself', async (t) => {
  const all = await startOnDisk(t, 'limit', '10M');
  await fillUp(all);
  await assertRefuses(all);
  assert.ok(logged(all, 'refused', 'queue-full'), all.gateway.describe());
  await manager.start();
  await untilAccepted(all, 'limit-again');
  await assertAllArrives(all, 'limit-again');
});

test('a gateway on a full disk can be stopped, killed and started, and loses nothing', async (t) => {
  const all = await startOnDisk(t, 'restarted', '1G');
  await fillUp(all);
  all.disk.fill();
  assert.deepEqual(await all.gateway.stop(), { code: 0, signal: null }, all.gateway.describe());
  await all.gateway.start();
  await assertRefuses(all);
  await all.gateway.kill();
  await all.gateway.start();
  await manager.start();
  await untilAccepted(all, 'restarted-again');
  await assertAllArrives(all, 'restarted-again');
});

test('a disk that becomes read-only is answered 503, and is used again when it is writable', async (t) => {
  const all = await startOnDisk(t, 'read-only', '1G');
  await all.flood.send(100, TEXT);
  // a failure ends the file that is open
  all.disk.fill();
  assert.equal((await postText(all.apache.url, alerts(['none'], TEXT))).status, 503);
  all.disk.clear();
  const makeWritable = await all.disk.makeReadOnly(t);
  await assertRefuses(all);
  assert.ok(logged(all, 'queue-failed', 'EROFS'), all.gateway.describe());
  await manager.start();
  await makeWritable();
  await untilAccepted(all, 'writable-again');
  await assertAllArrives(all, 'writable-again');
});
