import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { after, test } from 'node:test';
import { startApache } from '../helpers/apache.ts';
import { postText } from '../helpers/curl.ts';
import { alerts } from '../helpers/documents.ts';
import { KeepAliveClients } from '../helpers/keep-alive.ts';
import { startManager } from '../helpers/manager.ts';
import { SocketUnit } from '../helpers/socket-unit.ts';
import { until } from '../helpers/until.ts';

const CLIENTS = 48;
const RESTARTS = 2;
/** requests before, between and after the restarts */
const REQUESTS = 400;

const manager = await startManager({ after }, 'sys-restart');
const options = ['--profile', manager.profile, '--manager', manager.address];

test('restarts under load with a passed socket: all answers are 200, all alerts arrive', async (t) => {
  const unit = await SocketUnit.start(t, options);
  const apache = await startApache(t, unit.socket);
  const clients = new KeepAliveClients(apache.url, CLIENTS, 'restart');
  const { exchanges } = clients;
  const pauses = [];
  for (let restart = 0; restart <= RESTARTS; restart++) {
    const enough = exchanges.length + REQUESTS;
    await until(
      () => exchanges.length >= enough,
      60_000,
      () => `${enough} answers, there are ${exchanges.length}; ${unit.describe()}`,
    );
    if (restart < RESTARTS) pauses.push(await unit.restart());
  }
  const rate = await clients.end();
  const slowest = Math.max(...exchanges.map(({ begun, answered }) => answered - begun));
  t.diagnostic(`${exchanges.length} requests, ${rate}/s, slowest ${slowest} ms`);
  assert.deepEqual(
    exchanges.filter(({ status }) => status !== 200),
    [],
    apache.logs().slice(-2000),
  );
  for (const { stopped, listening } of pauses) {
    const waited = exchanges.filter(
      ({ begun, answered }) => begun < listening && answered > stopped,
    );
    t.diagnostic(`no gateway for ${listening - stopped} ms, ${waited.length} requests waited`);
    assert.ok(waited.length > 0, 'the restart was not under load');
  }
  await unit.stop();
  const left = readdirSync(unit.queue).filter((name) => name.endsWith('.idmef'));
  assert.deepEqual(left, [], unit.describe());
  await manager.waitForIds(
    exchanges.map(({ id }) => id),
    20_000,
  );
});

test('children know nothing of the socket', async (t) => {
  const unit = await SocketUnit.start(t, options);
  const apache = await startApache(t, unit.socket);
  assert.equal((await postText(apache.url, alerts(['child']))).status, 200);
  await manager.waitForIds(['child'], 20_000);
  const gateway = unit.gatewayPid;
  const socket = readlinkSync(`/proc/${gateway}/fd/3`);
  assert.match(socket, /^socket:/);
  const children = readFileSync(`/proc/${gateway}/task/${gateway}/children`, 'utf8').trim();
  const [child = ''] = children.split(' ');
  assert.match(readFileSync(`/proc/${child}/cmdline`, 'utf8'), /^prelude-admin|\/prelude-admin/);
  assert.doesNotMatch(readFileSync(`/proc/${child}/environ`, 'utf8'), /LISTEN_/);
  const files = readdirSync(`/proc/${child}/fd`).map((fd) =>
    readlinkSync(`/proc/${child}/fd/${fd}`),
  );
  assert.equal(files.includes(socket), false, files.join(' '));
  assert.equal(statSync(unit.socket).mode & 0o777, 0o660);
});
