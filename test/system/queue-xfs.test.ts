/** A full XFS, where no file can be made any more: it is emptied by delivering. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { Flood } from '../helpers/flood.ts';
import { startApache } from '../helpers/apache.ts';
import { postText } from '../helpers/curl.ts';
import { alerts } from '../helpers/documents.ts';
import { Gateway } from '../helpers/gateway.ts';
import { startManager } from '../helpers/manager.ts';
import { until } from '../helpers/until.ts';
import { Xfs } from '../helpers/xfs.ts';

/** characters of an alert */
const TEXT = 'x'.repeat(4000);
/** bytes that are left to the queue where it fills the disk itself */
const LEFT_TO_QUEUE = 12 * 1024 * 1024;
const RECOVERY_MS = 60_000;

const manager = await startManager({ after }, 'sys-xfs');

interface OnXfs {
  readonly disk: Xfs;
  readonly queue: string;
  readonly gateway: Gateway;
  readonly flood: Flood;
  readonly url: string;
}

async function start(t: TestContext, name: string): Promise<OnXfs> {
  await manager.stop();
  const disk = await Xfs.mount(t);
  const queue = join(disk.path, 'queue');
  const sending = ['--profile', manager.profile, '--manager', manager.address];
  const gateway = new Gateway(t, sending, undefined, { queue });
  await gateway.start();
  const apache = await startApache(t, gateway.socket);
  return { disk, queue, gateway, flood: new Flood(apache.url, name), url: apache.url };
}

async function fillByQueue({ disk, flood }: OnXfs): Promise<void> {
  disk.fill(LEFT_TO_QUEUE);
  while (!flood.statuses.has(503)) await flood.send(200, TEXT);
}

/** The manager comes back: everything arrives, and requests are taken again. */
async function assertEmpties(all: OnXfs): Promise<void> {
  const { disk, queue, gateway, flood, url } = all;
  assert.equal(disk.takesFiles(), false, 'the disk is full');
  await manager.start();
  await manager.waitForIds(flood.accepted, RECOVERY_MS);
  const last = `${String(flood.accepted[0])}-last`;
  await until(
    async () => {
      // others do not give their space back before the queue is empty
      if (readdirSync(queue).every((name) => !name.endsWith('.idmef'))) disk.clear();
      return (await postText(url, alerts([last]))).status === 200;
    },
    RECOVERY_MS,
    () => gateway.describe(),
  );
  await manager.waitForIds([last], RECOVERY_MS);
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null }, gateway.describe());
  assert.deepEqual(
    readdirSync(queue).filter((name) => name.endsWith('.idmef')),
    [],
  );
}

test('an XFS that the queue has filled is emptied by delivering', async (t) => {
  const all = await start(t, 'xfs-queue');
  await fillByQueue(all);
  all.disk.fill();
  await assertEmpties(all);
});

test('an XFS that others have filled is no obstacle to delivering', async (t) => {
  const all = await start(t, 'xfs-others');
  await all.flood.send(500, TEXT);
  all.disk.fill();
  await assertEmpties(all);
});

test('an XFS without free inodes is no obstacle to delivering', async (t) => {
  const all = await start(t, 'xfs-inodes');
  await all.flood.send(500, TEXT);
  all.disk.takeInodes();
  await assertEmpties(all);
});

test('a gateway that starts on a full XFS delivers what waits there', async (t) => {
  const all = await start(t, 'xfs-start');
  await all.flood.send(500, TEXT);
  await all.gateway.kill();
  all.disk.fill();
  all.disk.takeInodes();
  await all.gateway.start();
  await assertEmpties(all);
});
