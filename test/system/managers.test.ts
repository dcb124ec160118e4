import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { names, postAll } from '../helpers/load.ts';
import { startManager } from '../helpers/manager.ts';
import { startInFront } from '../helpers/setup.ts';

const PATIENCE = 40_000;

// The same name: the gateway's profile is registered with both.
const a = await startManager({ after }, 'sys-managers');
const b = await startManager({ after }, 'sys-managers');

function idsOf(manager: typeof a): string[] {
  return manager.received().map(({ messageid }) => messageid);
}

test('"a || b": with a down all goes to b, with b down all to a', async (t) => {
  await b.stop();
  const { gateway, apache } = await startInFront(t, a, `${a.address} || ${b.address}`);
  const first = await postAll(apache.url, names('or-a', 20));
  await a.waitForIds(first, PATIENCE);

  await b.start();
  await a.stop();
  const second = await postAll(apache.url, names('or-b', 20));
  await b.waitForIds(second, PATIENCE);

  await a.start();
  await b.stop();
  const third = await postAll(apache.url, names('or-a-again', 20));
  await a.waitForIds(third, PATIENCE);
  await gateway.stop();
  gateway.assertQueueEmpty();
  assert.equal(first.length + second.length + third.length, 60);
});

test('"a || b": with both down all is accepted, and goes to b when that is started', async (t) => {
  await a.stop();
  await b.stop();
  const { gateway, apache } = await startInFront(t, a, `${a.address} || ${b.address}`);
  const accepted = await postAll(apache.url, names('none', 50));
  assert.equal(accepted.length, 50);
  await b.start();
  await b.waitForIds(accepted, PATIENCE);
  await gateway.stop();
  gateway.assertQueueEmpty();
});

test('"a && b": both get every message once', async (t) => {
  await a.start();
  await b.start();
  const { gateway, apache } = await startInFront(t, a, `${a.address} && ${b.address}`);
  const accepted = await postAll(apache.url, names('both', 50));
  assert.equal(accepted.length, 50);
  await gateway.stop();
  gateway.assertQueueEmpty();
  for (const manager of [a, b]) {
    await manager.waitForIds(accepted, PATIENCE);
    const there = idsOf(manager).filter((id) => id.startsWith('both-'));
    assert.equal(there.length, 50);
  }
});

for (const [down, up] of [
  [a, b],
  [b, a],
] as const) {
  const name = down === a ? 'a' : 'b';
  test(`"a && b": with ${name} down nothing is lost, and both have it all when it is up again`, async (t) => {
    await a.start();
    await b.start();
    const { gateway, apache } = await startInFront(t, a, `${a.address} && ${b.address}`);
    const before = await postAll(apache.url, names(`before-${name}`, 20));
    await down.waitForIds(before, PATIENCE);
    await down.stop();
    const during = await postAll(apache.url, names(`during-${name}`, 20));
    assert.equal(during.length, 20);
    await down.start();
    await down.waitForIds([...before, ...during], PATIENCE);
    await up.waitForIds([...before, ...during], PATIENCE);
    await gateway.stop();
    gateway.assertQueueEmpty();
  });
}

test('"a && b": kill -9 of the gateway with a down loses nothing for either', async (t) => {
  await a.stop();
  const { gateway, apache } = await startInFront(t, a, `${a.address} && ${b.address}`);
  const accepted = await postAll(apache.url, names('killed', 50));
  await gateway.kill();
  await gateway.start();
  await a.start();
  await a.waitForIds(accepted, PATIENCE);
  await b.waitForIds(accepted, PATIENCE);
  await gateway.stop();
  gateway.assertQueueEmpty();
});

test('"a && b": with a down b gets everything at once and once, and a when it is up again', async (t) => {
  await a.stop();
  await b.start();
  const { gateway, apache } = await startInFront(t, a, `${a.address} && ${b.address}`);
  const accepted = await postAll(apache.url, names('alone', 200));
  await b.waitForIds(accepted, PATIENCE);
  await a.start();
  await a.waitForIds(accepted, PATIENCE);
  await gateway.stop();
  gateway.assertQueueEmpty();
  const times = b.received().filter(({ messageid }) => messageid.startsWith('alone-')).length;
  assert.equal(times, accepted.length);
});
