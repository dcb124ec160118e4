import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Flood } from '../helpers/flood.ts';
import { startManager } from '../helpers/manager.ts';
import { startInFront } from '../helpers/setup.ts';

// WAITING_ALERTS=50000 tries the whole.
const count = Number(process.env['WAITING_ALERTS'] ?? 5000);
const megabyte = 1_000_000;

const manager = await startManager({ after }, 'sys-waiting');

test(`${count} alerts are accepted at the same speed and in the same memory as long as the manager is down, and arrive after its start`, async (t) => {
  await manager.stop();
  const { gateway, apache } = await startInFront(t, manager);
  const flood = new Flood(apache.url, 'waiting');

  // at first the program itself warms up
  await flood.send(count * 0.2);
  const early = { rss: gateway.rss, rate: await flood.send(count * 0.3) };
  await flood.send(count * 0.2);
  const late = { rate: await flood.send(count * 0.3), rss: gateway.rss };
  flood.end();
  const figures = JSON.stringify({ count: flood.accepted.length, early, late });
  t.diagnostic(figures);

  assert.deepEqual([...flood.statuses.keys()], [200], figures);
  assert.ok(flood.accepted.length >= count, figures);
  assert.ok(late.rss - early.rss < 64 * megabyte, figures);
  assert.ok(late.rate > early.rate / 2, figures);

  const start = performance.now();
  await manager.start();
  await manager.waitForIds(flood.accepted, 240_000);
  t.diagnostic(
    `delivered in ${((performance.now() - start) / 1000).toFixed(1)} s, ${gateway.rss} bytes`,
  );
  await gateway.stop();
  gateway.assertQueueEmpty();
});
