import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { names, postAll } from '../helpers/load.ts';
import { startManager } from '../helpers/manager.ts';
import { startInFront } from '../helpers/setup.ts';

const manager = await startManager({ after }, 'sys-crash');

test('alerts accepted before the manager is there arrive once it is started', async (t) => {
  await manager.stop();
  const { gateway, apache } = await startInFront(t, manager);
  const accepted = await postAll(apache.url, names('early', 20));
  assert.equal(accepted.length, 20);

  await manager.start();
  await manager.waitForIds(accepted, 20_000);
  await gateway.stop();
  gateway.assertQueueEmpty();
});

test('100 alerts accepted while the manager is down outlive kill -9 of the gateway', async (t) => {
  await manager.stop();
  const { gateway, apache } = await startInFront(t, manager);
  const accepted = await postAll(apache.url, names('down', 100));
  await gateway.kill();
  assert.equal(accepted.length, 100);

  await gateway.start();
  await manager.start();
  await manager.waitForIds(accepted, 20_000);
  await gateway.stop();
  gateway.assertQueueEmpty();
});

test('kill -9 in the middle of the work loses nothing that was answered 200', async (t) => {
  await manager.start();
  const { gateway, apache } = await startInFront(t, manager);
  const accepted = await postAll(apache.url, names('load', 150), (count) => {
    if (count === 50) void gateway.kill();
  });
  assert.ok(accepted.length >= 50 && accepted.length < 150, `${accepted.length} accepted`);

  await gateway.start();
  await postAll(apache.url, ['after-load']);
  await manager.waitForIds([...accepted, 'after-load'], 20_000);
  await gateway.stop();
  gateway.assertQueueEmpty();
});

test('kill -9 of the manager in the middle of the work loses nothing', async (t) => {
  await manager.start();
  const { gateway, apache } = await startInFront(t, manager);
  const accepted = await postAll(apache.url, names('manager', 100), (count) => {
    if (count === 50) void manager.kill();
  });
  assert.equal(accepted.length, 100);

  await manager.start();
  await postAll(apache.url, ['after-manager']);
  await manager.waitForIds([...accepted, 'after-manager'], 20_000);
  await gateway.stop();
  gateway.assertQueueEmpty();
});
