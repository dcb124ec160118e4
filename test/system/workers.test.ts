/** --workers: several processes take requests for one queue; one that dies is replaced. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startApache } from '../helpers/apache.ts';
import { postText } from '../helpers/curl.ts';
import { alerts } from '../helpers/documents.ts';
import { Gateway } from '../helpers/gateway.ts';
import { names, postAll } from '../helpers/load.ts';
import { startManager } from '../helpers/manager.ts';
import { isAlive } from '../helpers/processes.ts';
import { tempFolder } from '../helpers/temp.ts';
import { until } from '../helpers/until.ts';
import { scrape } from '../monitor/samples.ts';

const scope = { after };
const manager = await startManager(scope, 'sys-workers');
// with --debug each request has a line
const way = ['--profile', manager.profile, '--manager', manager.address, '--debug'];

/** The processes that have answered requests so far. */
function workers(gateway: Gateway): number[] {
  const pids = gateway.log().flatMap(({ event, pid }) => (event === 'accepted' ? [pid] : []));
  return [...new Set(pids)].filter((pid) => typeof pid === 'number');
}

test('two workers take what comes, for one queue', async (t) => {
  const gateway = new Gateway(t, [...way, '--workers', '2']);
  await gateway.start();
  const apache = await startApache(t, gateway.socket);
  const ids = names('workers', 200);
  assert.equal((await postAll(apache.url, ids)).length, ids.length);
  await manager.waitForIds(ids, 20_000);
  assert.equal(workers(gateway).length, 2);
  assert.ok(!workers(gateway).includes(gateway.pid));

  const bad = await postText(apache.url, '<IDMEF-Message>');
  assert.equal(bad.status, 400, bad.body);
  // whichever worker is asked, the figures are those of all
  for (let i = 0; i < 5; i++) {
    const figures = await scrape(apache);
    assert.equal(figures.get('secef_requests_total{status="200"}'), 200);
    assert.equal(figures.get('secef_requests_total{status="400"}'), 1);
    assert.equal(figures.get('secef_messages_total{kind="alert"}'), 200);
    for (const name of ['main', 'worker-1', 'worker-2'])
      assert.ok((figures.get(`process_resident_memory_bytes{process="${name}"}`) ?? 0) > 1e7, name);
  }
  const { code } = await gateway.stop();
  assert.equal(code, 0);
  gateway.assertQueueEmpty();
  for (const pid of workers(gateway)) assert.ok(!isAlive(pid), `worker ${pid} is left`);
});

test('a worker that dies costs its own requests an answer, and is replaced', async (t) => {
  const gateway = new Gateway(t, [...way, '--workers', '2']);
  await gateway.start();
  const apache = await startApache(t, gateway.socket);
  const alive = (): number[] => workers(gateway).filter((pid) => isAlive(pid));
  for (const round of ['first', 'second']) {
    // each dies only when there are two: with none left every request would fail
    await until(
      async () => {
        await postAll(apache.url, names(`before-the-${round}`, 50));
        return alive().length === 2;
      },
      20_000,
      () => `two workers before the ${round} dies, not ${alive().length}`,
    );
    const ids = names(round, 150);
    const [pid = NaN] = alive();
    const accepted = await postAll(apache.url, ids, (count) => {
      if (count === 50) process.kill(pid, 'SIGKILL');
    });
    // ten at a time were under way
    assert.ok(accepted.length >= ids.length - 10, `${accepted.length} of ${ids.length}`);
    await manager.waitForIds(accepted, 20_000);
  }
  const ended = (await gateway.settledLog()).filter(({ event }) => event === 'worker-ended');
  assert.equal(ended.length, 2);
  await gateway.stop();
  gateway.assertQueueEmpty();
});

test('when all workers die at once, others take their place', async (t) => {
  const gateway = new Gateway(t, [...way, '--workers', '2']);
  await gateway.start();
  const apache = await startApache(t, gateway.socket);
  await until(
    async () => {
      await postAll(apache.url, names('all', 20));
      return workers(gateway).length === 2;
    },
    10_000,
    () => 'two workers',
  );
  for (const pid of workers(gateway)) process.kill(pid, 'SIGKILL');
  await until(
    async () => (await postText(apache.url, alerts(['after-all']))).status === 200,
    20_000,
    () => 'a worker that answers',
  );
  await manager.waitForIds(['after-all'], 10_000);
});

test('workers do not outlive a primary that is killed', async (t) => {
  const gateway = new Gateway(t, [...way, '--workers', '2']);
  await gateway.start();
  const apache = await startApache(t, gateway.socket);
  await postAll(apache.url, names('outlive', 50));
  const pids = workers(gateway);
  assert.ok(pids.length > 0);
  await gateway.kill();
  await until(
    () => !pids.some((pid) => isAlive(pid)),
    5000,
    () => 'end of the workers',
  );
  await gateway.start();
  assert.equal((await postText(apache.url, alerts(['again']))).status, 200);
  await manager.waitForIds(['again'], 20_000);
});

test('what keeps a worker from starting ends the gateway and is said', async (t) => {
  const path = join(tempFolder(t), 'no-socket');
  writeFileSync(path, '');
  const gateway = new Gateway(t, ['--dry-run', '--workers', '2'], path);
  gateway.launch();
  assert.equal((await gateway.exited()).code, 78);
  assert.match(gateway.describe(), /no-socket is not a socket/);

  const missing = new Gateway(t, ['--dry-run', '--workers', '2'], '/nowhere/secef.sock');
  missing.launch();
  assert.equal((await missing.exited()).code, 78);
  assert.match(missing.describe(), /cannot listen on \/nowhere\/secef\.sock/);
});
