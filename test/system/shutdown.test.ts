import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import { postText } from '../helpers/curl.ts';
import { alerts } from '../helpers/documents.ts';
import type { Gateway } from '../helpers/gateway.ts';
import { names, postAll } from '../helpers/load.ts';
import { startManager } from '../helpers/manager.ts';
import { startInFront } from '../helpers/setup.ts';

const manager = await startManager({ after }, 'sys-shutdown');

async function assertEnds(ending: Gateway, limit = 10): Promise<void> {
  const start = performance.now();
  const exit = await ending.stop();
  const seconds = (performance.now() - start) / 1000;
  assert.deepEqual(exit, { code: 0, signal: null }, ending.describe());
  assert.ok(seconds < limit, `it took ${seconds} s`);
  assert.equal(existsSync(ending.socket), false, 'the socket is still there');
}

test('SIGTERM with messages in the queue is obeyed in 10 s and they arrive after the start', async (t) => {
  await manager.stop();
  const { gateway, apache } = await startInFront(t, manager);
  const accepted = await postAll(apache.url, names('queued', 30));
  assert.equal(accepted.length, 30);
  await assertEnds(gateway);
  assert.notDeepEqual(gateway.segments(), []);

  await gateway.start();
  await manager.start();
  await manager.waitForIds(accepted, 20_000);
  await assertEnds(gateway);
  gateway.assertQueueEmpty();
});

test('SIGTERM while the manager hangs is obeyed in 10 s and nothing is lost', async (t) => {
  await manager.start();
  const { gateway, apache } = await startInFront(t, manager);
  const before = await postAll(apache.url, names('before', 5));
  await manager.waitForIds(before, 10_000);
  manager.freeze();
  const during = await postAll(apache.url, names('during', 5));
  assert.equal(during.length, 5);
  await assertEnds(gateway);

  manager.thaw();
  await gateway.start();
  await postAll(apache.url, ['after']);
  await manager.waitForIds([...during, 'after'], 20_000);
  await assertEnds(gateway);
  gateway.assertQueueEmpty();
});

test('a second signal ends it at once, and nothing is lost', async (t) => {
  await manager.start();
  const { gateway, apache } = await startInFront(t, manager);
  const before = await postAll(apache.url, ['first-signal']);
  await manager.waitForIds(before, 10_000);
  manager.freeze();
  const during = await postAll(apache.url, names('second-signal', 5));
  const ended = gateway.exited();
  gateway.signal('SIGINT');
  await gateway.waitForEvent('stopping');
  const start = performance.now();
  gateway.signal('SIGTERM');
  assert.deepEqual(await ended, { code: 0, signal: null }, gateway.describe());
  assert.ok(performance.now() - start < 1000);
  assert.equal(existsSync(gateway.socket), false, 'the socket is still there');

  manager.thaw();
  await gateway.start();
  await manager.waitForIds(during, 20_000);
  await assertEnds(gateway);
});

test('SIGTERM right after the start takes no time when the manager is there', async (t) => {
  await manager.stop();
  const { gateway, apache } = await startInFront(t, manager);
  const accepted = await postAll(apache.url, names('brief', 10));
  await gateway.kill();
  await manager.start();

  await gateway.start();
  await assertEnds(gateway, 4);
  await gateway.start();
  await manager.waitForIds(accepted, 10_000);
});

test('without a gateway Apache answers 503 and says when to come back', async (t) => {
  const { gateway, apache } = await startInFront(t, manager);
  await gateway.stop();
  const answer = await postText(apache.url, alerts(['nobody']));
  assert.equal(answer.status, 503);
  assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
});
