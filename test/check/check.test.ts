import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { amount } from '../../src/check/finding.ts';
import { checkManagers } from '../../src/check/manager.ts';
import { faultOf } from '../../src/check/prelude.ts';
import { readCertificates } from '../../src/prelude/certificates.ts';
import { isLocked, lockDirectory } from '../../src/queue/lock.ts';
import { freePort } from '../helpers/ports.ts';
import { mustRun } from '../helpers/run.ts';
import { tempFolder } from '../helpers/temp.ts';
import { tool } from '../helpers/tools.ts';

async function startServer(): Promise<string> {
  const server: Server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return `127.0.0.1:${address.port}`;
}

const up = await startServer();
const down = `127.0.0.1:${await freePort()}`;

async function verdicts(address: string): Promise<string[]> {
  return (await checkManagers(address, undefined)).map(({ verdict }) => verdict);
}

test('one manager has to be there', async () => {
  assert.deepEqual(await verdicts(up), ['ok']);
  assert.deepEqual(await verdicts(down), ['FAIL']);
});

test('of "a || b" one is enough, of "a && b" both are needed', async () => {
  assert.deepEqual(await verdicts(`${down} || ${up}`), ['WARN', 'ok']);
  assert.deepEqual(await verdicts(`${down} || ${down}`), ['FAIL']);
  assert.deepEqual(await verdicts(`${up} && ${down}`), ['ok', 'FAIL']);
  assert.deepEqual(await verdicts(`${up} && ${down} || ${up}`), ['ok', 'WARN']);
});

test('what is no address is told', async () => {
  assert.deepEqual(await verdicts('a ||'), ['FAIL']);
  assert.deepEqual(await verdicts('unix:/x'), ['FAIL']);
});

/** A certificate as libprelude's, made by a manager with that number. */
async function certificate(t: TestContext, manager: string, permission: number): Promise<string> {
  const openssl = tool('openssl', 'openssl');
  const folder = tempFolder(t);
  const path = (name: string): string => join(folder, name);
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout'];
  const ca = ['-x509', '-subj', `/dnQualifier=${manager}`, '-out', path('ca')];
  await mustRun(openssl, ['req', ...key, path('ca.key'), ...ca]);
  const subject = ['-subj', `/CN=${permission}/dnQualifier=42`, '-out', path('csr')];
  await mustRun(openssl, ['req', ...key, path('key'), ...subject]);
  const signer = ['-CA', path('ca'), '-CAkey', path('ca.key'), '-CAcreateserial'];
  return mustRun(openssl, ['x509', '-req', '-in', path('csr'), ...signer, '-days', '2']);
}

test('reads what each manager has allowed a profile', async (t) => {
  const profiles = tempFolder(t);
  mkdirSync(join(profiles, 'secef'));
  const both = (await certificate(t, '111', 4)) + (await certificate(t, '222', 11));
  writeFileSync(join(profiles, 'secef', 'client.keycrt'), both);
  const certificates = readCertificates('secef', profiles);
  assert.deepEqual(
    certificates.map(({ manager, permission, mayWrite }) => ({ manager, permission, mayWrite })),
    [
      { manager: '111', permission: 'idmef:w', mayWrite: true },
      { manager: '222', permission: 'idmef:r admin:r admin:w', mayWrite: false },
    ],
  );
  const [good, bad] = certificates;
  assert.ok(good && bad);
  const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000);
  assert.equal(faultOf(good), undefined);
  assert.match(faultOf(good, inDays(3)) ?? '', /has expired at/);
  assert.match(faultOf(good, inDays(-1)) ?? '', /is valid from/);
  assert.match(faultOf(bad) ?? '', /"idmef:r admin:r admin:w" where "idmef:w" is needed/);
});

test('a file without certificates gives none', (t) => {
  const profiles = tempFolder(t);
  mkdirSync(join(profiles, 'secef'));
  writeFileSync(join(profiles, 'secef', 'client.keycrt'), '');
  assert.deepEqual(readCertificates('secef', profiles), []);
});

test('who looks at the lock does not keep a gateway from starting', async (t) => {
  const folder = tempFolder(t);
  assert.equal(isLocked(folder), false);
  const file = join(folder, 'lock');
  const looker = spawn('flock', ['--shared', file, 'sh', '-c', 'echo; exec sleep 0.3']);
  await once(looker.stdout, 'data');
  assert.equal(isLocked(folder), false, 'who looks as well is no gateway');
  const unlock = lockDirectory(folder);
  assert.equal(isLocked(folder), true);
  unlock();
  assert.equal(isLocked(folder), false);
});

test('bytes have the units of the options', () => {
  assert.deepEqual([0, 1023, 1536, 10 * 1024 ** 2, 1.25 * 1024 ** 3].map(amount), [
    '0 bytes',
    '1023 bytes',
    '1.5K',
    '10M',
    '1.3G',
  ]);
});
