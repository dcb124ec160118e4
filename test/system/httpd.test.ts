/** What Apache lets through, and its limits. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { startApache } from '../helpers/apache.ts';
import { curl, postText } from '../helpers/curl.ts';
import { alerts } from '../helpers/documents.ts';
import { Gateway } from '../helpers/gateway.ts';
import { names, postAll } from '../helpers/load.ts';
import { replaced } from '../helpers/replaced.ts';

const MEGABYTE = 1024 * 1024;
const TYPE = 'Content-Type: application/xml';

const scope = { after };
const gateway = new Gateway(scope, ['--dry-run', '--debug']);
await gateway.start();
// the same limits of time, but shorter
const apache = await startApache(scope, gateway.socket, (config) =>
  replaced(config, /header=10-20,MinRate=500 body=20-120/, 'header=2-3,MinRate=500 body=2-3'),
);

/** How many requests the gateway has answered or seen the end of. */
async function requests(): Promise<number> {
  return (await gateway.settledLog()).filter(({ id }) => id !== undefined).length;
}

interface Conversation {
  socket: Socket;
  /** All that has been received when the server closes. */
  answer: Promise<string>;
}

/** Sends the beginning of a request and waits for what comes. */
async function begin(start: string, port = apache.port): Promise<Conversation> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  const closed = once(socket, 'close');
  socket.write(start);
  return { socket, answer: closed.then(() => Buffer.concat(pieces).toString()) };
}

const head = (...headers: string[]): string =>
  ['POST / HTTP/1.1', 'Host: localhost', TYPE, ...headers, '', ''].join('\r\n');

function assertShort(answer: string): void {
  const [headers = '', ...body] = answer.split('\r\n\r\n');
  assert.match(headers, /^Content-Type: text\/plain/m);
  assert.match(body.join(''), /^[^<\n]{5,100}$/);
  assert.doesNotMatch(body.join(''), /Apache|Debian/);
}

function assertUnavailable(answer: string): void {
  assert.match(answer, /^HTTP\/1\.1 50[23] /);
  assert.deepEqual(answer.match(/^Retry-After: \d+/gm)?.length, 1, answer);
  assertShort(answer);
}

for (const [method, target] of [
  ...[
    '/x',
    '/index.html',
    '/healthx',
    '/health/',
    '/status/x',
    '/server-status',
    '/icons/',
    '/cgi-bin/',
  ].map((path) => ['GET', path] as const),
  ...['/health', '/ready', '/metrics', '/status', '/secef'].map((path) => ['POST', path] as const),
  ['DELETE', '/health'],
  ['TRACE', '/'],
] as const) {
  test(`${method} ${target} is answered 404 and does not reach the gateway`, async () => {
    const before = await requests();
    const answer = await curl(apache.url, [
      ...['--path-as-is', '--request', method, '--request-target', target],
      ...(method === 'POST' ? ['--header', TYPE, '--data-binary', alerts(['elsewhere'])] : []),
    ]);
    assert.equal(answer.status, 404);
    assert.equal(answer.body, 'there is nothing here; POST to /');
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/);
    assert.equal(await requests(), before);
  });
}

test('without TLS there is no subject, whatever the headers say', async () => {
  const forged = ['SSL-Client-S-DN: CN=forged', 'SSL_CLIENT_S_DN: CN=forged'];
  const headers = [TYPE, ...forged].flatMap((header) => ['--header', header]);
  await curl(apache.url, [...headers, '--data-binary', alerts(['subject'])]);
  const line = gateway.log().findLast(({ event }) => event === 'accepted');
  assert.equal(line?.['subject'], undefined);
  assert.doesNotMatch(apache.logs(), /forged/);
});

test('20 MB that are announced are answered 413 before they come', async () => {
  const before = await requests();
  const { answer } = await begin(head(`Content-Length: ${20 * MEGABYTE}`, 'Expect: 100-continue'));
  const text = await answer;
  assert.match(text, /^HTTP\/1\.1 413 /);
  assertShort(text);
  assert.equal(await requests(), before);
});

test('20 MB in chunks, and 20 MB that are packed into a few kilobytes, are answered 413', async () => {
  const large = alerts(['large'], 'x'.repeat(20 * MEGABYTE));
  assert.equal((await postText(apache.url, large, { chunked: true })).status, 413);
  const packed = gzipSync(large);
  const { socket, answer } = await begin(
    head(`Content-Length: ${packed.length}`, 'Content-Encoding: gzip', 'Connection: close'),
  );
  socket.write(packed);
  assert.match(await answer, /^HTTP\/1\.1 413 /);
});

test('who is too slow with the headers or with the body is answered 408', async () => {
  const before = gateway.log().filter(({ event }) => event === 'accepted').length;
  const slow = [
    await begin('POST / HTTP/1.1\r\nHost: localhost\r\nX'),
    await begin(`${head('Content-Length: 1000')}<IDMEF-Message>`),
    await begin(`${head('Transfer-Encoding: chunked')}f\r\n<IDMEF-Message>\r\n`),
  ];
  for (const { answer } of slow) {
    const text = await answer;
    assert.match(text, /^HTTP\/1\.1 408 /, text + apache.logs());
    assertShort(text);
  }
  const now = gateway.log().filter(({ event }) => event === 'accepted').length;
  assert.equal(now, before);
});

test('clients of HTTP/1.0 can keep their connection, too', async () => {
  const body = alerts(['kept']);
  const headers = ['Host: localhost', TYPE, `Content-Length: ${Buffer.byteLength(body)}`];
  const first = ['POST / HTTP/1.0', ...headers, 'Connection: keep-alive', '', body].join('\r\n');
  const last = ['POST / HTTP/1.0', ...headers, '', body].join('\r\n');
  const { answer } = await begin(first + last);
  const text = await answer;
  assert.equal(text.match(/^HTTP\/1\.1 200 /gm)?.length, 2, text);
  assert.match(text, /^content-length: 3\r$/im);
});

test('50 slow clients do not keep good ones from getting through', async (t) => {
  // with so much time that none of the slow ones is gone before the good ones are through
  const patient = await startApache(t, gateway.socket, (config) =>
    replaced(config, /header=10-20,MinRate=500 body=20-120/, 'header=120 body=120'),
  );
  const starts = ['POST / HTTP/1.1\r\nX', `${head('Content-Length: 1000')}<IDMEF`];
  const slow = await Promise.all(
    Array.from({ length: 50 }, (_, index) => begin(starts[index % 2] ?? '', patient.port)),
  );
  let closed = 0;
  for (const { socket } of slow) socket.once('close', () => closed++);
  const good = names('good', 20);
  assert.deepEqual((await postAll(patient.url, good)).sort(), good.sort());
  assert.equal(closed, 0);
  for (const { socket } of slow) socket.destroy();
});

test('a gateway that is killed in the middle of a request is answered for with 503, and is found again', async (t) => {
  const mortal = new Gateway(t, ['--dry-run']);
  await mortal.start();
  const front = await startApache(t, mortal.socket);
  const document = alerts(['interrupted']);
  const first =
    head('Connection: close', `Content-Length: ${document.length}`) + document.slice(0, 99);
  const { socket, answer } = await begin(first, front.port);
  // long enough for what was sent to reach the gateway
  await sleep(300);
  await mortal.kill();
  socket.write(document.slice(99));
  assertUnavailable(await answer);

  // the socket of the one that was killed is still there
  const next = await begin(head('Connection: close', 'Content-Length: 0'), front.port);
  assertUnavailable(await next.answer);
  await mortal.start();
  assert.equal((await postText(front.url, document)).status, 200);
});
