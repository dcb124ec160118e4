import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { alerts } from '../helpers/documents.ts';
import { drip } from '../helpers/drip.ts';
import { names } from '../helpers/load.ts';
import { startWay } from '../helpers/setup.ts';

// SLOW_UPLOAD_SECONDS=100 is a slow line; Apache gives up after 120 s (RequestReadTimeout).
const durationMs = Number(process.env['SLOW_UPLOAD_SECONDS'] ?? 5) * 1000;
const megabyte = 1_000_000;

const { apache, gateway, manager } = await startWay({ after }, 'sys-slow');

test('10 MB in small pieces arrive, and neither gateway nor Apache takes much memory', async (t) => {
  const ids = names('slow', 1000);
  const body = Buffer.from(alerts(ids, 'x'.repeat(9800)));
  assert.ok(body.length > 9.9 * megabyte && body.length < 10.4 * megabyte, `${body.length}`);
  const before = { gateway: gateway.rss, apache: await apache.rss() };
  const peak = { ...before };
  const watch = setInterval(() => {
    peak.gateway = Math.max(peak.gateway, gateway.rss);
    void apache.rss().then((rss) => (peak.apache = Math.max(peak.apache, rss)));
  }, 100);

  try {
    const status = await drip(apache.url, body, { pieceSize: 1400, durationMs });
    assert.equal(status, 200, apache.logs());
    await manager.waitForIds(ids, 30_000);
  } finally {
    clearInterval(watch);
  }

  const grown = (name: 'gateway' | 'apache'): string =>
    `${name} ${Math.round(before[name] / megabyte)} MB, at most ${Math.round(peak[name] / megabyte)} MB`;
  t.diagnostic(`resident in ${durationMs / 1000} s: ${grown('gateway')}; ${grown('apache')}`);
  assert.ok(peak.gateway - before.gateway < 100 * megabyte, JSON.stringify({ before, peak }));
  assert.ok(peak.apache - before.apache < 20 * megabyte, JSON.stringify({ before, peak }));
});
