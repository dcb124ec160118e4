/** A link to the manager that is cut again and again: everything arrives, and little of it often. */
import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { after, test, type TestContext } from 'node:test';
import { Flood } from '../helpers/flood.ts';
import { startApache } from '../helpers/apache.ts';
import { Gateway } from '../helpers/gateway.ts';
import { startManager } from '../helpers/manager.ts';

const ALERTS = 2500;
/** characters of an alert; libprelude stores each as two bytes or less */
const TEXT = 'x'.repeat(6000);
/** bytes of a connection before it is cut */
const CUT_AFTER = 1024 * 1024;
const DELIVERY_MS = 180_000;
const MOST_COPIES = 5;

const manager = await startManager({ after }, 'sys-bad-link');

/** Forwards connections to the manager and resets each when it has carried that many bytes. */
async function startProxy(t: TestContext): Promise<{ address: string; cuts: () => number }> {
  let cuts = 0;
  const target = new URL(`tcp://${manager.address}`);
  const server: Server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let carried = 0;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    client.on('error', end).on('close', end);
    upstream.on('error', end).on('close', end);
    client.on('data', (bytes) => {
      carried += bytes.length;
      upstream.write(bytes);
      if (carried < CUT_AFTER) return;
      cuts++;
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    });
    upstream.on('data', (bytes) => {
      client.write(bytes);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.close();
  });
  const { port } = addressOf(server);
  return { address: `127.0.0.1:${port}`, cuts: () => cuts };
}

/** starts and stops until the queue has to be empty */
const STOPS = 10;

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address;
}

test('a queue is emptied over a link that is cut after every megabyte', async (t) => {
  const proxy = await startProxy(t);
  const gateway = new Gateway(t, ['--profile', manager.profile, '--manager', proxy.address]);
  await manager.stop();
  await gateway.start();
  const apache = await startApache(t, gateway.socket);
  const flood = new Flood(apache.url, 'bad-link');
  await flood.send(ALERTS, TEXT);
  flood.end();
  const begun = performance.now();
  await manager.start();
  await manager.waitForIds(flood.accepted, DELIVERY_MS);
  const seconds = Math.round((performance.now() - begun) / 1000);
  const copies = new Map<string, number>();
  for (const { messageid } of manager.received())
    copies.set(messageid, (copies.get(messageid) ?? 0) + 1);
  const counts = flood.accepted.map((id) => copies.get(id) ?? 0);
  const most = Math.max(...counts);
  const all = counts.reduce((sum, count) => sum + count, 0);
  t.diagnostic(
    `${flood.accepted.length} alerts, ${seconds} s, ${proxy.cuts()} cuts, ${all} copies, at most ${most} of one`,
  );
  assert.ok(proxy.cuts() > 0);
  assert.ok(most <= MOST_COPIES, `an alert was sent ${most} times`);
  // the proxy may cut the session that a stop ends, too: its segment then goes with the next one
  for (let stops = 0; stops === 0 || (gateway.segments().length > 0 && stops < STOPS); stops++) {
    if (stops > 0) await gateway.start();
    await gateway.stop();
  }
  gateway.assertQueueEmpty();
});
