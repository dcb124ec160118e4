import { after, test } from 'node:test';
import { names, postAll } from '../helpers/load.ts';
import { startManager } from '../helpers/manager.ts';
import { startInFront } from '../helpers/setup.ts';

// The same name: the gateway's profile is registered with both.
const first = await startManager({ after }, 'sys-failover');
const second = await startManager({ after }, 'sys-failover');

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
