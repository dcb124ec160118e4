/** What the service manager passes: taken if it is for this process and fit for use. */
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Scope } from '../helpers/cleanup.ts';
import { startApache } from '../helpers/apache.ts';
import { postText } from '../helpers/curl.ts';
import { alerts } from '../helpers/documents.ts';
import { parseLog } from '../helpers/gateway.ts';
import { freePort } from '../helpers/ports.ts';
import { Service } from '../helpers/processes.ts';
import { inProject } from '../helpers/root.ts';
import { mustRun } from '../helpers/run.ts';
import { SocketUnit } from '../helpers/socket-unit.ts';
import { tempFolder } from '../helpers/temp.ts';
import { tool } from '../helpers/tools.ts';
import { until } from '../helpers/until.ts';

const gateway = [process.execPath, inProject('build/src/main.js'), '--dry-run'];

/** Starts a gateway in a shell that sets up variables and file descriptors first. */
function startIn(scope: Scope, shell: string, ...args: string[]): Service {
  return new Service(scope, 'sh', ['-c', `${shell} exec "$@"`, 'sh', ...gateway, ...args]);
}

/** Has systemd-socket-activate listen in some way and start a gateway at the first connection. */
async function activate(
  scope: Scope,
  args: string[],
  knock: () => Promise<void>,
): Promise<Service> {
  const program = tool('systemd-socket-activate', 'systemd');
  const service = new Service(scope, program, [...args, ...gateway]);
  await service.waitFor(
    () => service.stderr.some((line) => line.startsWith('Listening on')),
    10_000,
    'activation',
  );
  await knock();
  return service;
}

async function assertRefused(service: Service, what: RegExp): Promise<void> {
  const { code } = await until(
    () => service.exit,
    15_000,
    () => `end of ${service.describe()}`,
  );
  assert.equal(code, 78, service.describe());
  assert.match(service.stderr.at(-1) ?? '', what);
}

/** Connects; the activation answers nothing. */
function knock(where: string | number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = typeof where === 'number' ? connect(where, '127.0.0.1') : connect(where);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}

test('a passed socket is used, left as it is, and outlives the gateway', async (t) => {
  const unit = await SocketUnit.start(t, ['--dry-run']);
  const { ino } = statSync(unit.socket);
  const apache = await startApache(t, unit.socket);
  assert.equal((await postText(apache.url, alerts(['first']))).status, 200);
  const { sock } = await unit.waitForEvents('listening', 1);
  assert.equal(sock, 'secef.socket');
  const [, , , backlog] = (
    await mustRun(tool('ss', 'iproute2'), ['-Hxln', 'src', unit.socket])
  ).split(/\s+/);
  assert.equal(backlog, '4096');

  await unit.restart();
  assert.equal((await postText(apache.url, alerts(['second']))).status, 200);
  await unit.stop();
  assert.equal(existsSync(unit.socket), true);
  assert.equal(statSync(unit.socket).ino, ino);
  assert.equal(statSync(unit.socket).mode & 0o777, 0o660);
});

test('a socket that is meant for another process is not touched', async (t) => {
  const path = join(tempFolder(t), 'own.sock');
  const service = startIn(t, 'LISTEN_PID=1 LISTEN_FDS=1', '--sock', path);
  await service.waitFor(
    () => service.stdout.flatMap(parseLog).find((line) => line['event'] === 'listening'),
    15_000,
    'event listening',
  );
  await knock(path);
});

test('a TCP socket is refused', async (t) => {
  const port = await freePort();
  const service = await activate(t, [`--listen=127.0.0.1:${port}`], () => knock(port));
  await assertRefused(service, /it is a TCP socket; it has to be a Unix socket that listens/);
});

test('two sockets are refused', async (t) => {
  const folder = tempFolder(t);
  const [one, two] = [join(folder, 'one.sock'), join(folder, 'two.sock')];
  const service = await activate(t, [`--listen=${one}`, `--listen=${two}`], () => knock(one));
  await assertRefused(service, /passes 2 sockets .* let secef\.socket have one ListenStream/);
});

test('a socket for datagrams and a file are refused', async (t) => {
  const path = join(tempFolder(t), 'datagram.sock');
  const send = [
    '-c',
    'import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", sys.argv[1])',
  ];
  const service = await activate(t, ['--datagram', `--listen=${path}`], async () => {
    await mustRun(tool('python3', 'python3'), [...send, path]);
  });
  await assertRefused(service, /cannot listen on file descriptor 3/);

  const file = startIn(t, 'LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=odd', '--sock', path);
  await assertRefused(file, /what systemd passes as odd is no socket/);
});
