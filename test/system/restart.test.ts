import assert from 'node:assert/strict';
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { after, test, type TestContext } from 'node:test';
import { startApache, type Apache } from '../helpers/apache.ts';
import { postText } from '../helpers/curl.ts';
import { alerts } from '../helpers/documents.ts';
import { KeepAliveClients } from '../helpers/keep-alive.ts';
import { startManager } from '../helpers/manager.ts';
import { isAlive } from '../helpers/processes.ts';
import { SocketUnit } from '../helpers/socket-unit.ts';
import { until } from '../helpers/until.ts';

const CLIENTS = 48;
// RESTARTS=40 GRACEFULS=10 REQUESTS=2000 is the long run, WORKERS=2 with workers; the counts are printed.
const RESTARTS = Number(process.env['RESTARTS'] ?? 2);
const GRACEFULS = Number(process.env['GRACEFULS'] ?? 2);
/** requests before, between and after the restarts */
const REQUESTS = Number(process.env['REQUESTS'] ?? 400);
const WORKERS = process.env['WORKERS'] ?? '1';

const manager = await startManager({ after }, 'sys-restart');
const options = ['--profile', manager.profile, '--manager', manager.address, '--workers', WORKERS];

/** Waits for that many more answers. */
async function more({ exchanges }: KeepAliveClients): Promise<void> {
  const enough = exchanges.length + REQUESTS;
  await until(
    () => exchanges.length >= enough,
    60_000,
    () => `${enough} answers, there are ${exchanges.length}`,
  );
}

/** Ends the load. Fails unless all answers are 200 and all alerts arrive. */
async function assertNothingRefused(
  t: TestContext,
  clients: KeepAliveClients,
  unit: SocketUnit,
  apache: Apache,
): Promise<void> {
  const { exchanges } = clients;
  const rate = await clients.end();
  const slowest = Math.max(...exchanges.map(({ begun, answered }) => answered - begun));
  const bad = exchanges.filter(({ status }) => status !== 200);
  t.diagnostic(
    `${exchanges.length} requests, ${rate}/s, slowest ${slowest} ms, not 200: ${bad.length}`,
  );
  assert.deepEqual(bad, [], apache.logs().slice(-2000));
  await unit.stop();
  const left = readdirSync(unit.queue).filter((name) => name.endsWith('.idmef'));
  assert.deepEqual(left, [], unit.describe());
  await manager.waitForIds(
    exchanges.map(({ id }) => id),
    20_000,
  );
}

test('restarts under load with a passed socket: all answers are 200, all alerts arrive', async (t) => {
  const unit = await SocketUnit.start(t, options);
  const apache = await startApache(t, unit.socket);
  const clients = new KeepAliveClients(apache.url, CLIENTS, 'restart');
  const pauses = [];
  await more(clients);
  for (let restart = 0; restart < RESTARTS; restart++) {
    pauses.push(await unit.restart());
    await more(clients);
  }
  const { exchanges } = clients;
  for (const { stopped, listening } of pauses) {
    const waited = exchanges.filter(
      ({ begun, answered }) => begun < listening && answered > stopped,
    );
    assert.ok(waited.length > 0, 'the restart was not under load');
  }
  const without = pauses.map(({ stopped, listening }) => listening - stopped);
  t.diagnostic(`${RESTARTS} restarts, no gateway for ${Math.max(...without)} ms at most`);
  await assertNothingRefused(t, clients, unit, apache);
  assert.equal(existsSync(`${unit.socket}.draining`), true, 'it has been stopped');
});

test('apachectl graceful under load: all answers are 200, all alerts arrive', async (t) => {
  const unit = await SocketUnit.start(t, options);
  const apache = await startApache(t, unit.socket);
  const clients = new KeepAliveClients(apache.url, CLIENTS, 'graceful');
  await more(clients);
  for (let graceful = 0; graceful < GRACEFULS; graceful++) {
    await apache.graceful();
    await more(clients);
  }
  t.diagnostic(`${GRACEFULS} graceful reloads`);
  await assertNothingRefused(t, clients, unit, apache);
});

test('connections are used again, and not while the gateway drains', async (t) => {
  const unit = await SocketUnit.start(t, ['--dry-run']);
  const apache = await startApache(t, unit.socket);
  const post = async (): Promise<void> => {
    assert.equal((await postText(apache.url, alerts(['again']))).status, 200);
  };
  await post();
  const own = (): number =>
    readdirSync(`/proc/${unit.gatewayPid}/fd`).filter((fd) => isSocket(unit.gatewayPid, fd)).length;
  const kept = own();
  for (let count = 0; count < 20; count++) await post();
  // Apache's processes have a pool each
  assert.ok(own() <= kept + 2, `${own()} sockets, after the first request ${kept}`);

  // left by a gateway that was killed while it drained
  process.kill(unit.gatewayPid, 'SIGKILL');
  await unit.waitForEvents('listening', 2);
  writeFileSync(`${unit.socket}.draining`, '');
  const idle = own();
  for (let count = 0; count < 5; count++) await post();
  await until(
    () => own() <= idle,
    3000,
    () => `${own()} sockets, without a request ${idle}`,
  );
  await unit.restart();
  assert.equal(existsSync(`${unit.socket}.draining`), false);
  await post();
});

test('a pooled connection of a gateway that was killed fails no request', async (t) => {
  const unit = await SocketUnit.start(t, ['--dry-run']);
  const apache = await startApache(t, unit.socket);
  for (let count = 2; count < 5; count++) {
    await Promise.all(
      Array.from({ length: 8 }, () => postText(apache.url, alerts(['before the kill']))),
    );
    const { gatewayPid } = unit;
    process.kill(gatewayPid, 'SIGKILL');
    await until(
      () => !isAlive(gatewayPid),
      5000,
      () => 'end of the gateway',
    );
    assert.equal((await postText(apache.url, alerts(['killed']))).status, 200);
    await unit.waitForEvents('listening', count);
  }
});

function isSocket(pid: number, fd: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:');
  } catch {
    return false;
  }
}

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
