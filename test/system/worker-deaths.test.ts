/** kill -9 of workers with a socket that systemd has passed: costs what they held, and nothing else. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApache } from '../helpers/apache.ts';
import { postText } from '../helpers/curl.ts';
import { alerts } from '../helpers/documents.ts';
import { childrenOf, isAlive } from '../helpers/processes.ts';
import { SocketUnit } from '../helpers/socket-unit.ts';
import { until } from '../helpers/until.ts';

const OPTIONS = ['--dry-run', '--workers', '2'];
const BACK_MS = 2000;
const ROUNDS = 3;
/** milliseconds after the start of a worker at which it is killed */
const MOMENTS = [0, 60, 150];

const event = (unit: SocketUnit, name: string): number =>
  unit.log().filter((line) => line['event'] === name).length;

/** The sockets that a process has open. */
function socketsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

async function twoWorkers(unit: SocketUnit, without: readonly number[] = []): Promise<number[]> {
  return until(
    () => {
      const found = childrenOf(unit.gatewayPid).filter((pid) => !without.includes(pid));
      return found.length === 2 && found;
    },
    10_000,
    () => `two workers: ${unit.describe()}`,
  );
}

/** Fails unless a request is answered 200 in two seconds, and the gateway is the same one. */
async function assertBack(t: TestContext, unit: SocketUnit, url: string): Promise<void> {
  const begun = performance.now();
  const { status } = await postText(url, alerts(['back']));
  const took = Math.round(performance.now() - begun);
  t.diagnostic(`answered after ${took} ms`);
  assert.equal(status, 200, unit.describe());
  assert.ok(took < BACK_MS, `${took} ms`);
  assert.equal(event(unit, 'starting'), 1, unit.describe());
}

test('both workers killed at once: the gateway goes on with two others, again and again', async (t) => {
  const unit = await SocketUnit.start(t, OPTIONS);
  const apache = await startApache(t, unit.socket);
  assert.equal((await postText(apache.url, alerts(['first']))).status, 200);
  await unit.waitForEvents('listening', 1);
  const { gatewayPid } = unit;
  const before = socketsOf(gatewayPid);
  let workers: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    workers = await twoWorkers(unit, workers);
    for (const pid of workers) process.kill(pid, 'SIGKILL');
    await assertBack(t, unit, apache.url);
  }
  await twoWorkers(unit, workers);
  // those that died while they started have not ended but failed
  const deaths = event(unit, 'worker-ended') + event(unit, 'worker-failed');
  assert.equal(deaths, 2 * ROUNDS, unit.describe());
  // a connection of Apache may be on its way
  await sleep(500);
  assert.ok(
    socketsOf(gatewayPid) <= before + 2,
    `${socketsOf(gatewayPid)} files, before ${before}`,
  );
  assert.equal(event(unit, 'failed'), 0, unit.describe());
  assert.equal(event(unit, 'defect'), 0, unit.describe());
});

test('a worker killed while the other one starts: both are there again', async (t) => {
  const unit = await SocketUnit.start(t, OPTIONS);
  const apache = await startApache(t, unit.socket);
  assert.equal((await postText(apache.url, alerts(['first']))).status, 200);
  await unit.waitForEvents('listening', 1);
  for (const moment of MOMENTS) {
    const [one = NaN, other = NaN] = await twoWorkers(unit);
    process.kill(one, 'SIGKILL');
    await until(
      () => childrenOf(unit.gatewayPid).some((pid) => pid !== one && pid !== other),
      5000,
      () => `a new worker: ${unit.describe()}`,
    );
    await sleep(moment);
    process.kill(other, 'SIGKILL');
    await assertBack(t, unit, apache.url);
  }
  assert.equal(event(unit, 'failed'), 0, unit.describe());
});

test('a worker killed while the gateway starts is started again', async (t) => {
  const unit = await SocketUnit.start(t, OPTIONS);
  const apache = await startApache(t, unit.socket);
  const answer = postText(apache.url, alerts(['first']));
  await unit.waitForEvents('starting', 1);
  const [worker = NaN] = await until(
    () => childrenOf(unit.gatewayPid).length > 0 && childrenOf(unit.gatewayPid),
    5000,
    () => `a worker: ${unit.describe()}`,
  );
  process.kill(worker, 'SIGKILL');
  assert.equal((await answer).status, 200, unit.describe());
  assert.equal(event(unit, 'starting'), 1, unit.describe());
  assert.equal(event(unit, 'failed'), 0, unit.describe());
});

test('workers of a primary that is killed end within a second and log no defect', async (t) => {
  const unit = await SocketUnit.start(t, OPTIONS);
  const apache = await startApache(t, unit.socket);
  assert.equal((await postText(apache.url, alerts(['first']))).status, 200);
  const workers = await twoWorkers(unit);
  const load = Array.from({ length: 20 }, () =>
    postText(apache.url, alerts(['load'])).catch(() => undefined),
  );
  process.kill(unit.gatewayPid, 'SIGKILL');
  await until(
    () => workers.every((pid) => !isAlive(pid)),
    1000,
    () => `end of the workers: ${unit.describe()}`,
  );
  await Promise.all(load);
  await unit.waitForEvents('listening', 2);
  assert.equal((await postText(apache.url, alerts(['again']))).status, 200);
  const own = unit.log().filter(({ pid }) => workers.some((worker) => worker === pid));
  assert.deepEqual(own, []);
});
