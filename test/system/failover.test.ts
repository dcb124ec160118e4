import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { names, postAll } from '../helpers/load.ts';
import { startManager } from '../helpers/manager.ts';
import { startInFront } from '../helpers/setup.ts';

// The same name: the gateway's profile is registered with both.
const first = await startManager({ after }, 'sys-failover');
const second = await startManager({ after }, 'sys-failover');

test('with "first || second" the alerts go to the second as long as the first is down', async (t) => {
  await first.stop();
  const { gateway, apache } = await startInFront(t, first, `${first.address} || ${second.address}`);
  const accepted = await postAll(apache.url, names('other', 10));
  await second.waitForIds(accepted, 20_000);
  await gateway.stop();
  gateway.assertQueueEmpty();
});

test('with "first || second" the alerts go to the first if both are there', async (t) => {
  await first.start();
  const { gateway, apache } = await startInFront(t, first, `${first.address} || ${second.address}`);
  const accepted = await postAll(apache.url, names('one', 10));
  await first.waitForIds(accepted, 20_000);
  await gateway.stop();
  gateway.assertQueueEmpty();
  assert.equal(
    second.received().some(({ messageid }) => messageid.startsWith('one-')),
    false,
  );
});

test('with "first || second" the death of the first loses nothing', async (t) => {
  await first.start();
  const { gateway, apache } = await startInFront(t, first, `${first.address} || ${second.address}`);
  const before = await postAll(apache.url, ['before']);
  await first.waitForIds(before, 20_000);
  await first.kill();
  const accepted = await postAll(apache.url, names('behind', 10));
  await second.waitForIds(accepted, 20_000);
  await gateway.stop();
  gateway.assertQueueEmpty();
});

test('with "first && second" the alerts arrive at both, also if one of them was down', async (t) => {
  await first.stop();
  const { gateway, apache } = await startInFront(t, first, `${first.address} && ${second.address}`);
  const accepted = await postAll(apache.url, names('both', 10));
  await first.start();
  await first.waitForIds(accepted, 20_000);
  await second.waitForIds(accepted, 20_000);
  await gateway.stop();
  gateway.assertQueueEmpty();
});
