/** TLS as README has it set up, in Debian's layout: who is let in, and with which TLS. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeCertificates, TLS_SECTION } from '../helpers/certificates.ts';
import { curl, type Answer } from '../helpers/curl.ts';
import { PATHS } from '../helpers/distributions.ts';
import { alerts } from '../helpers/documents.ts';
import { Gateway } from '../helpers/gateway.ts';
import { Layout } from '../helpers/layout.ts';
import { commandsOf } from '../helpers/readme.ts';
import { mustRun } from '../helpers/run.ts';
import { tool } from '../helpers/tools.ts';
import { until } from '../helpers/until.ts';

const HOST = 'gateway.example.org';
const URL = `https://${HOST}:3128/`;
const POST = ['--header', 'Content-Type: application/xml', '--data-binary', alerts(['tls'])];
const SUBJECT = 'CN=sensor1,O=Example';
const REQUIRED = 'alert certificate required';
const REVOKED = 'alert certificate revoked';

const scope = { after };
const certificates = await makeCertificates(scope);
const layout = new Layout(scope, 'debian');
layout.write('/etc/hosts', `127.0.0.1 localhost ${HOST}\n`);
await layout.mustRun(commandsOf(TLS_SECTION, 'a2enmod'), certificates.folder);
await layout.makeSocketFolder();
const gateway = new Gateway(scope, ['--dry-run', '--debug'], layout.socket);
await gateway.start();
const httpd = await layout.start();

const ask = (options: string[], url = URL): Promise<Answer> =>
  curl(url, options, undefined, httpd.inside);
const sensor = certificates.options('sensor1');
const onlyServer = sensor.slice(0, 2);

/** The subjects of the requests that the gateway has answered. */
async function subjects(): Promise<unknown[]> {
  const log = await gateway.settledLog();
  const requests = log.filter(({ event }) => event === 'accepted' || event === 'refused');
  return requests.map(({ subject }) => subject);
}

/** @param alert what Apache says to the client, as README has it */
async function assertNotLetIn(options: string[], alert: string): Promise<void> {
  const before = await subjects();
  await assert.rejects(ask([...options, ...POST]), new RegExp(alert));
  assert.deepEqual(await subjects(), before);
}

test('curl as README has it is answered 200, and its subject is in both logs', async () => {
  writeFileSync(join(certificates.folder, 'alert.xml'), alerts(['readme']));
  const commands = `cd '${certificates.folder}'; ${commandsOf(TLS_SECTION, 'curl')}`;
  const [command, ...args] = [...httpd.inside, 'bash', '-ec', commands];
  assert.equal(await mustRun(command, args), 'OK\n');
  const lines = await httpd.requests(1);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^127\.0\.0\.1 "CN=sensor1,O=Example" .*"POST \/ HTTP\/1\.1" 200 /);
  assert.deepEqual(await subjects(), [SUBJECT]);
});

test('headers do not change the subject', async () => {
  const names = ['SSL-Client-S-DN', 'SSL_CLIENT_S_DN', 'X-SSL-Client-S-DN', 'REMOTE_USER'];
  const forged = names.flatMap((name) => ['--header', `${name}: CN=forged`]);
  const before = (await subjects()).length;
  const lines = (await httpd.requests(0)).length;
  const basic = ['--user', 'forged:x'];
  assert.equal((await ask([...sensor, ...forged, ...basic, ...POST])).status, 200);
  assert.deepEqual((await subjects()).slice(before), [SUBJECT]);
  assert.doesNotMatch((await httpd.requests(lines + 1)).join('\n'), /forged/);
});

test('a client without a certificate is not let in', () => assertNotLetIn(onlyServer, REQUIRED));

for (const [name, what, alert] of [
  ['foreign', 'of another authority of the same name', 'alert unknown ca'],
  ['expired', 'that has expired', 'alert certificate expired'],
  ['gateway', 'that is the gateway’s own', 'alert unsupported certificate'],
] as const) {
  test(`a client with a certificate ${what} is not let in`, () =>
    assertNotLetIn(certificates.options(name), alert));
}

test('a certificate that is withdrawn is not let in once Apache has the new list', async () => {
  const revoked = certificates.options('sensor2');
  assert.equal((await ask([...revoked, ...POST])).status, 200);
  await certificates.revoke();
  const { crl, graceful } = PATHS.debian;
  await layout.mustRun(`install -m 644 secef.crl ${crl}; ${graceful}`, certificates.folder);
  await until(
    async () => {
      const letIn = ask([...revoked, ...POST]);
      return letIn.then(() => false).catch((error: unknown) => String(error).includes(REVOKED));
    },
    20_000,
    () => 'refusal of sensor2',
  );
  await assertNotLetIn(revoked, REVOKED);
  assert.equal((await ask([...sensor, ...POST])).status, 200);
});

test('TLS 1.2 and 1.3 with modern suites are taken, what is older is not', async () => {
  const tls12 = ['--tlsv1.2', '--tls-max', '1.2', '--ciphers'];
  for (const options of [['--tlsv1.3'], [...tls12, 'ECDHE-ECDSA-AES128-GCM-SHA256']])
    assert.equal((await ask([...sensor, ...options, ...POST])).status, 200, options.join(' '));
  const tls11 = ['--tlsv1.1', '--tls-max', '1.1', '--ciphers', 'DEFAULT:@SECLEVEL=0'];
  await assertNotLetIn([...sensor, ...tls11], 'alert protocol version');
  for (const suite of ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES128-CCM', 'eNULL'])
    await assertNotLetIn([...sensor, ...tls12, `${suite}:@SECLEVEL=0`], 'alert handshake failure');
});

test('sslscan finds TLS 1.2 and 1.3 only, with authenticated encryption and ephemeral keys', async () => {
  const { folder } = certificates;
  const identity = [
    `--certs=${join(folder, 'sensor1.crt')}`,
    `--pk=${join(folder, 'sensor1.key')}`,
  ];
  const scan = [tool('sslscan', 'sslscan'), ...identity, '--xml=-', `${HOST}:3128`];
  const [command = '', ...args] = [...httpd.inside, ...scan];
  const xml = await mustRun(command, args);
  const protocols = xml.matchAll(/<protocol type="(\w+)" version="([\d.]+)" enabled="(\d)"/g);
  const enabled = [...protocols].filter(([, , , on]) => on === '1').map(([, , number]) => number);
  assert.deepEqual(enabled.sort(), ['1.2', '1.3'], xml);
  const ciphers = [...xml.matchAll(/<cipher [^>]*sslversion="([^"]+)"[^>]*cipher="([^"]+)"[^>]*/g)];
  assert.deepEqual([...new Set(ciphers.map(([, version]) => version))].sort(), [
    'TLSv1.2',
    'TLSv1.3',
  ]);
  for (const [element, , name = ''] of ciphers) {
    assert.match(name, /^(ECDHE-ECDSA|TLS)[-_](AES_?(128|256)[-_]GCM|CHACHA20[-_]POLY1305)/, name);
    assert.doesNotMatch(element, /strength="(weak|null|anonymous|medium)"/);
  }
  assert.doesNotMatch(xml, /<heartbleed [^>]*vulnerable="1"/);
  assert.doesNotMatch(xml, /<compression supported="1"/);
});

test('plain HTTP is answered 400 and does not reach the gateway', async () => {
  const before = await subjects();
  const answer = await ask(POST, `http://${HOST}:3128/`);
  assert.equal(answer.status, 400);
  assert.match(answer.body, /https:/);
  assert.deepEqual(await subjects(), before);
});

test('the pages need a certificate, too, also on the gateway itself', async () => {
  const page = `${URL}health`;
  await assert.rejects(ask(onlyServer, page), new RegExp(REQUIRED));
  assert.notEqual((await ask(sensor, page)).status, 403);
});
