/** The pages through a real Apache, and whether what they say is true. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { post } from '../accept/fastcgi.ts';
import { startApache, type Apache } from '../helpers/apache.ts';
import type { Scope } from '../helpers/cleanup.ts';
import { curl, postText } from '../helpers/curl.ts';
import { alerts } from '../helpers/documents.ts';
import { Gateway } from '../helpers/gateway.ts';
import { startManager } from '../helpers/manager.ts';
import { startWay } from '../helpers/setup.ts';
import { until } from '../helpers/until.ts';
import { scrape } from './samples.ts';

const HEARTBEAT = `<IDMEF-Message xmlns="http://iana.org/idmef" version="1.0">
<Heartbeat messageid="h"><Analyzer analyzerid="sensor"/><CreateTime>2020-04-30T08:56:06Z</CreateTime></Heartbeat>
</IDMEF-Message>`;

const ids = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name}-${index}`);

/** The value of a series that has to be there. */
function value(series: ReadonlyMap<string, number>, name: string): number {
  const found = series.get(name);
  assert.notEqual(found, undefined, `no ${name} in\n${[...series.keys()].join('\n')}`);
  return found ?? NaN;
}

async function startDry(scope: Scope): Promise<Apache> {
  const gateway = new Gateway(scope, ['--dry-run']);
  await gateway.start();
  return startApache(scope, gateway.socket);
}

test('GET and HEAD give them, also with a query', async (t) => {
  const apache = await startDry(t);
  for (const [path, type, text] of [
    ['health', 'text/plain; charset=utf-8', /^alive\n$/],
    ['ready', 'text/plain; charset=utf-8', /^ready \(dry run/],
    ['metrics', 'text/plain; version=0.0.4; charset=utf-8', /^# HELP secef_build_info /],
    ['status?x=/', 'text/html; charset=utf-8', /^<!doctype html>[^]*Dry run/],
  ] as const) {
    const { status, headers, body } = await curl(apache.url + path, []);
    assert.equal(status, 200, path);
    assert.equal(headers.get('content-type'), type, path);
    assert.equal(headers.get('cache-control'), 'no-store', path);
    assert.match(body, text, path);
    const head = await curl(apache.url + path, ['--head']);
    assert.deepEqual([head.status, head.body], [200, ''], path);
    assert.equal(head.headers.get('content-type'), type, path);
  }
});

test('other methods are told to GET, other paths are for alerts', async (t) => {
  // Apache lets neither through: this is what the gateway itself says
  const gateway = new Gateway(t, ['--dry-run']);
  await gateway.start();
  const toPage = await post(gateway.socket, alerts(['to-page']), { REQUEST_URI: '/status?x' });
  assert.equal(toPage.status, 405);
  assert.equal(toPage.headers.get('allow'), 'GET, HEAD');
  assert.equal(toPage.body, 'POST is not allowed on /status; use GET\n');
  for (const REQUEST_URI of ['/', '/status/', '/%73tatus', '/Status', '/health.txt']) {
    const got = await post(gateway.socket, '', { REQUEST_URI, REQUEST_METHOD: 'GET' });
    assert.equal(got.status, 405, REQUEST_URI);
    assert.equal(got.headers.get('allow'), 'POST', REQUEST_URI);
    const posted = await post(gateway.socket, alerts(['a']), { REQUEST_URI });
    assert.equal(posted.status, 200, REQUEST_URI);
  }
});

test('reading them is no request of a sensor', async (t) => {
  const apache = await startDry(t);
  const before = await scrape(apache);
  for (const path of ['health', 'ready', 'status']) await curl(apache.url + path, []);
  const later = await scrape(apache);
  for (const [name, count] of before)
    if (name.startsWith('secef_requests') || name.startsWith('secef_rejected'))
      assert.equal(later.get(name), count, name);
});

test('the figures are the true ones, also after a restart', async (t) => {
  const { apache, gateway, manager } = await startWay(t, 'sys-figures');
  for (let number = 0; number < 5; number++)
    assert.equal((await postText(apache.url, alerts(ids(`f${number}`, 3)))).status, 200);
  assert.equal((await postText(apache.url, HEARTBEAT)).status, 200);
  assert.equal((await postText(apache.url, '<IDMEF-Message')).status, 400);
  assert.equal((await postText(apache.url, 'x', { contentType: 'text/plain' })).status, 415);
  await manager.waitForMessages(16, 20_000);

  const now = await scrape(apache);
  assert.equal(value(now, 'secef_messages_total{kind="alert"}'), 15);
  assert.equal(value(now, 'secef_messages_total{kind="heartbeat"}'), 1);
  assert.equal(value(now, 'secef_requests_total{status="200"}'), 6);
  assert.equal(value(now, 'secef_requests_total{status="400"}'), 1);
  assert.equal(value(now, 'secef_rejected_total{reason="malformed-xml"}'), 1);
  assert.equal(value(now, 'secef_rejected_total{reason="unsupported-media-type"}'), 1);
  assert.equal(value(now, 'secef_rejected_total{reason="queue-full"}'), 0);
  assert.equal(value(now, 'secef_request_duration_seconds_count'), 8);
  // the session is still open: with the gateway's own heartbeat
  assert.equal(value(now, 'secef_queue_messages'), 17);
  assert.ok(value(now, 'secef_queue_fsync_duration_seconds_count') > 0);
  const relay = `relay="0",manager="${manager.address}"`;
  assert.equal(value(now, `secef_manager_reachable{${relay}}`), 1);
  assert.equal(value(now, `secef_relay_state{${relay},state="connected"}`), 1);
  assert.equal(value(now, 'secef_relay_up{relay="0"}'), 1);
  assert.ok(Math.abs(value(now, 'secef_heartbeat_timestamp_seconds') - Date.now() / 1000) < 600);

  await manager.kill();
  // prelude-admin sees that only when it writes
  let posted = 0;
  const down = await until(
    async () => {
      assert.equal((await postText(apache.url, alerts([`down-${posted++}`]))).status, 200);
      const then = await scrape(apache);
      return then.get('secef_relay_up{relay="0"}') === 0 ? then : undefined;
    },
    60_000,
    () => gateway.describe(),
  );
  assert.equal(value(down, `secef_manager_reachable{${relay}}`), 0);
  assert.equal(value(down, `secef_relay_acknowledged_messages_total{${relay}}`), 0);
  const resent = value(down, `secef_relay_resent_messages_total{${relay}}`);
  assert.ok(resent >= 17 && resent <= 17 + posted, `sent again: ${resent}`);
  assert.equal(value(down, 'secef_queue_messages'), 17 + posted);
  const [bytes, age] = ['secef_queue_bytes', 'secef_queue_oldest_age_seconds'].map((name) =>
    value(down, name),
  );

  await gateway.kill();
  await gateway.start();
  const restarted = await scrape(apache);
  // what has begun anew, with the new process's own heartbeat in the queue
  assert.equal(value(restarted, 'secef_messages_total{kind="alert"}'), 0);
  assert.equal(value(restarted, 'secef_queue_messages'), 18 + posted);
  assert.ok(value(restarted, 'secef_queue_bytes') > (bytes ?? NaN));
  assert.ok(value(restarted, 'secef_queue_oldest_age_seconds') >= (age ?? NaN));
  assert.ok(
    !restarted.has(`secef_relay_last_acknowledgement_timestamp_seconds{${relay}}`),
    'nothing was acknowledged since the start',
  );
});

test('/ready says yes while the manager is down, and no when the queue is full', async (t) => {
  const manager = await startManager(t, 'sys-ready');
  await manager.stop();
  const sending = ['--profile', manager.profile, '--manager', manager.address];
  const gateway = new Gateway(t, [...sending, '--queue-limit', '64K']);
  await gateway.start();
  const apache = await startApache(t, gateway.socket);
  const well = await curl(`${apache.url}ready`, []);
  assert.deepEqual([well.status, well.body], [200, 'ready\n']);
  const left = readdirSync(gateway.queue).filter((name) => name.startsWith('probe'));
  assert.deepEqual(left, []);

  let accepted = 0;
  while ((await postText(apache.url, alerts(ids(`fill-${accepted}`, 50)))).status === 200)
    accepted += 50;
  const { status, body, headers } = await curl(`${apache.url}ready`, []);
  assert.equal(status, 503);
  assert.match(body, /^not ready: the queue is full: \d+ of 65536 bytes\n$/);
  assert.equal(headers.get('retry-after'), '5');
  const full = await scrape(apache);
  assert.equal(value(full, 'secef_ready'), 0);
  assert.equal(value(full, 'secef_rejected_total{reason="queue-full"}'), 1);
  assert.equal(value(full, 'secef_messages_total{kind="alert"}'), accepted);
  assert.equal(value(full, 'secef_queue_limit_bytes'), 65536);
  assert.match((await curl(`${apache.url}status`, [])).body, /Alerts are refused/);

  // a queue with little room is acknowledged at once
  await manager.start();
  const relay = `relay="0",manager="${manager.address}"`;
  const drained = await until(
    async () => {
      const now = await scrape(apache);
      return now.get('secef_queue_messages') === 0 ? now : undefined;
    },
    90_000,
    () => gateway.describe(),
  );
  const received = manager.received().length + manager.heartbeats().length;
  assert.equal(value(drained, `secef_relay_acknowledged_messages_total{${relay}}`), accepted + 1);
  assert.ok(received >= accepted + 1, `the manager has ${received}`);
  assert.equal(value(drained, 'secef_queue_oldest_age_seconds'), 0);
  assert.equal(value(drained, 'secef_ready'), 1);
  const last = value(drained, `secef_relay_last_acknowledgement_timestamp_seconds{${relay}}`);
  assert.ok(Math.abs(last - Date.now() / 1000) < 120);
});
