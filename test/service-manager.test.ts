/** What the service manager is told, at a socket such as systemd's. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceManager } from '../src/service-manager.ts';
import type { Scope } from './helpers/cleanup.ts';
import { parseLog, type LogLine } from './helpers/gateway.ts';
import { Service } from './helpers/processes.ts';
import { inProject } from './helpers/root.ts';
import { tempFolder } from './helpers/temp.ts';
import { tool } from './helpers/tools.ts';

/** Prints each datagram on a line of its own. */
const RECEIVE = `
import socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print("bound", flush=True)
while True:
    print(receiver.recv(4096).decode().replace("\\n", " "), flush=True)
`;

interface Receiver {
  readonly path: string;
  /** what has come, without systemd-notify's own barriers */
  messages(): string[];
  waitFor(count: number, message: RegExp): Promise<unknown>;
}

async function startReceiver(scope: Scope): Promise<Receiver> {
  tool('systemd-notify', 'systemd');
  const path = join(tempFolder(scope), 'notify.sock');
  const service = new Service(scope, tool('python3', 'python3'), ['-c', RECEIVE, path]);
  await service.waitFor(() => service.stdout.includes('bound'), 10_000, 'receiver');
  const messages = (): string[] =>
    service.stdout.slice(1).filter((message) => !message.startsWith('BARRIER'));
  const waitFor = (count: number, message: RegExp): Promise<unknown> =>
    service.waitFor(
      () => messages().filter((one) => message.test(one)).length >= count,
      15_000,
      `${count} times ${message.source}`,
    );
  return { path, messages, waitFor };
}

function startGateway(scope: Scope, socket: string, env: NodeJS.ProcessEnv): Service {
  const args = [inProject('build/src/main.js'), '--dry-run', '--sock', socket];
  return new Service(scope, process.execPath, args, env);
}

/** for messages that have to be sent */
function fail(why: string): void {
  assert.fail(why);
}

function events(service: Service, name: string): LogLine[] {
  return service.stdout.flatMap(parseLog).filter(({ event }) => event === name);
}

test('the gateway tells that it is ready, lives, and stops', async (t) => {
  const receiver = await startReceiver(t);
  const socket = join(tempFolder(t), 'secef.sock');
  const service = startGateway(t, socket, {
    NOTIFY_SOCKET: receiver.path,
    WATCHDOG_USEC: '400000',
  });
  await receiver.waitFor(3, /^WATCHDOG=1$/);
  assert.equal(receiver.messages()[0], `READY=1 STATUS=listening on ${socket}`);
  assert.deepEqual(await service.stop(), { code: 0, signal: null }, service.describe());
  await receiver.waitFor(1, /^STOPPING=1/);
  assert.equal(receiver.messages().at(-1), 'STOPPING=1 STATUS=stopping');
  assert.deepEqual(events(service, 'not-notified'), []);
});

test('there is no sign of life while the gateway is not well', async (t) => {
  const receiver = await startReceiver(t);
  const env = { NOTIFY_SOCKET: receiver.path, WATCHDOG_USEC: '200000', OTHER: 'stays' };
  const manager = new ServiceManager(env, process.pid, fail);
  assert.deepEqual(env, { OTHER: 'stays' });
  let well = false;
  await manager.ready('fine', () => well);
  await sleep(1000);
  assert.deepEqual(receiver.messages(), ['READY=1 STATUS=fine']);
  well = true;
  await receiver.waitFor(1, /^WATCHDOG=1$/);
  await manager.stopping();
});

test('without systemd, or for another process, nothing is told', async (t) => {
  const receiver = await startReceiver(t);
  const nobody = new ServiceManager({ WATCHDOG_USEC: '20000' }, 1, fail);
  await nobody.ready('unheard', () => true);
  const env = { NOTIFY_SOCKET: receiver.path, WATCHDOG_USEC: '20000', WATCHDOG_PID: '2' };
  const other = new ServiceManager(env, 1, fail);
  await other.ready('heard', () => true);
  await sleep(300);
  await Promise.all([nobody.stopping(), other.stopping()]);
  await receiver.waitFor(1, /^STOPPING=1/);
  assert.deepEqual(receiver.messages(), ['READY=1 STATUS=heard', 'STOPPING=1 STATUS=stopping']);
});

test('a gateway without systemd-notify says so once and goes on', async (t) => {
  const folder = tempFolder(t);
  const service = startGateway(t, join(folder, 'secef.sock'), {
    NOTIFY_SOCKET: join(folder, 'notify.sock'),
    WATCHDOG_USEC: '200000',
    PATH: folder,
  });
  const [line] = await service.waitFor(
    () => {
      const found = events(service, 'not-notified');
      return found.length > 0 && found;
    },
    15_000,
    'event not-notified',
  );
  assert.match(String(line?.['why']), /systemd-notify ENOENT/);
  await sleep(500);
  assert.deepEqual(await service.stop(), { code: 0, signal: null }, service.describe());
  assert.equal(events(service, 'not-notified').length, 1);
});
