/** Requests over a real socket; what takes the documents is the test's. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { listen, type Listener } from '../../src/accept/listen.ts';
import { PostHandler, type Intake, type RequestRecord } from '../../src/accept/post.ts';
import { GatewayError } from '../../src/errors.ts';
import { ProtocolError } from '../../src/fastcgi/protocol.ts';
import { Responder } from '../../src/fastcgi/responder.ts';
import { converse, head, post, record, stdin, type Answer } from './fastcgi.ts';

const MAX_BODY = 100_000;
const STDIN = 5;

let directory = '';
let path = '';
let listener: Listener | undefined;
let responder: Responder | undefined;
let handler: PostHandler;
let documents: { id: string; charset: string | undefined; body: string }[] = [];
let aborted: { id: string; bytes: number }[] = [];
let answered: RequestRecord[] = [];
let protocolErrors = 0;
/** what the end of a document does */
let complete: () => Promise<number> = () => Promise.resolve(1);

function open(id: string, charset: string | undefined): Intake {
  const pieces: Buffer[] = [];
  return {
    write: (bytes) => {
      if (bytes.includes('bad')) throw new GatewayError('bad-value', '"bad" is not good');
      if (bytes.includes('defect')) throw new TypeError('secret detail');
      pieces.push(Buffer.from(bytes));
    },
    end: () => {
      documents.push({ id, charset, body: Buffer.concat(pieces).toString() });
      return complete().then((messages) => ({ messages, heartbeats: 0 }));
    },
    abort: () => undefined,
  };
}

async function start(): Promise<void> {
  const application = handler.handle;
  const server = new Responder({
    application,
    maxParams: 100_000,
    failed: (error) => {
      assert.ok(error instanceof ProtocolError, String(error));
      protocolErrors++;
    },
  });
  listener = await listen({
    place: { path },
    serve: (connection) => {
      server.serve(connection);
    },
    drainingFailed: (error) => {
      assert.fail(String(error));
    },
  });
  responder = server;
}

/** Closes the socket. @returns when the connections have ended */
async function close(): Promise<void> {
  listener?.close();
  listener = undefined;
  await responder?.drain({ quietMs: 0, limitMs: 0 });
}

suite('accept', () => {
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'secef-accept-'));
    path = join(directory, 'secef.sock');
    documents = [];
    aborted = [];
    answered = [];
    protocolErrors = 0;
    complete = () => Promise.resolve(1);
    handler = new PostHandler({
      maxBody: MAX_BODY,
      maxInFlight: 150_000,
      waitMs: 500,
      open,
      answered: (what) => answered.push(what),
      aborted: (what) => aborted.push(what),
    });
    await start();
  });

  afterEach(async () => {
    await close();
    await rm(directory, { recursive: true });
  });

  test('hands the body on and answers 200 OK when it is safe, not earlier', async () => {
    let safe: (count: number) => void = () => undefined;
    complete = () =>
      new Promise((resolve) => {
        safe = resolve;
      });
    const answer = post(path, '<xml/>');
    await sleep(100);
    assert.equal(documents.length, 1);
    assert.equal(answered.length, 0);
    safe(3);
    const { status, body, headers } = await answer;
    assert.deepEqual([status, body], [200, 'OK\n']);
    assert.equal(headers.get('connection'), undefined);
    assert.equal(documents[0]?.body, '<xml/>');
    assert.equal(answered[0]?.messages, 3);
  });

  test('takes application/xml and text/xml with parameters, in any case', async () => {
    for (const type of [
      'text/xml',
      'Application/XML; charset=utf-8',
      'text/xml;charset="UTF-16"; x=y',
    ])
      assert.equal((await post(path, '<xml/>', { CONTENT_TYPE: type })).status, 200, type);
    assert.deepEqual(
      documents.map(({ charset }) => charset),
      [undefined, 'utf-8', 'UTF-16'],
    );
  });

  test('answers 415 to other content types and says which it takes', async () => {
    for (const type of [
      'text/plain',
      '',
      'application/x-www-form-urlencoded',
      'application/xmlx',
    ]) {
      const { status, body, headers } = await post(path, '<xml/>', { CONTENT_TYPE: type });
      assert.equal(status, 415, type);
      assert.match(body, /application\/xml or text\/xml/);
      assert.equal(headers.get('accept'), 'application/xml, text/xml');
    }
  });

  test('answers 405 to other methods', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PROPFIND']) {
      const { status, headers } = await post(path, '', { REQUEST_METHOD: method });
      assert.equal(status, 405, method);
      assert.equal(headers.get('allow'), 'POST');
    }
  });

  test('answers 400 with what is wrong, and queues nothing', async () => {
    const { status, body } = await post(path, 'good bad good');
    assert.deepEqual([status, body], [400, '"bad" is not good\n']);
    assert.equal(documents.length, 0);
  });

  test('answers 500 to a defect without its details, and logs them', async () => {
    const { status, body, headers } = await post(path, 'defect', { UNIQUE_ID: 'abc' });
    assert.deepEqual([status, body], [500, 'internal error, request abc; try again later\n']);
    assert.equal(headers.get('retry-after'), '5');
    assert.match(String(answered[0]?.error?.cause), /secret detail/);
  });

  test('answers 413 to an announced length above the limit', async () => {
    const { status, body } = await post(path, Buffer.alloc(MAX_BODY + 1));
    assert.equal(status, 413);
    assert.match(body, /longer than 100000 bytes/);
  });

  test('answers 413 to a body above the limit without an announcement', async () => {
    const { status } = await post(path, Buffer.alloc(MAX_BODY + 1), { CONTENT_LENGTH: '' });
    assert.equal(status, 413);
  });

  test('answers 400 to a body that is shorter or longer than announced', async () => {
    for (const announced of ['7', '5']) {
      const { status, body } = await post(path, '<xml/>', { CONTENT_LENGTH: announced });
      assert.equal(status, 400);
      assert.match(body, new RegExp(`has 6 bytes and not ${announced}`));
    }
    assert.equal(documents.length, 0);
  });

  test('answers 503 with Retry-After if the document cannot be made safe', async () => {
    complete = () => Promise.reject(new GatewayError('queue-full', 'the queue is full'));
    const { status, body, headers } = await post(path, '<xml/>');
    assert.deepEqual([status, body], [503, 'the queue is full\n']);
    assert.equal(headers.get('retry-after'), '5');
  });

  test('inflates gzip and both kinds of deflate', async () => {
    const text = '<xml>'.repeat(1000);
    for (const [encoding, bytes] of [
      ['gzip', gzipSync(text)],
      ['X-GZIP', gzipSync(text)],
      ['deflate', deflateSync(text)],
      ['deflate', deflateRawSync(text)],
      ['identity', Buffer.from(text)],
    ] as const) {
      const { status } = await post(path, bytes, { HTTP_CONTENT_ENCODING: encoding });
      assert.equal(status, 200, encoding);
      assert.equal(documents.pop()?.body, text);
    }
  });

  test('answers 400 to corrupt and cut gzip', async () => {
    const good = gzipSync('<xml/>'.repeat(100));
    for (const bytes of [Buffer.from('no gzip'), good.subarray(0, -10), Buffer.alloc(0)]) {
      const { status, body } = await post(path, bytes, { HTTP_CONTENT_ENCODING: 'gzip' });
      assert.equal(status, 400);
      assert.match(body, /announced content encoding gzip/);
    }
    assert.equal(documents.length, 0);
  });

  test('answers 413 to a bomb and does not inflate all of it', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const { status } = await post(path, bomb, { HTTP_CONTENT_ENCODING: 'gzip' });
    assert.equal(status, 413);
  });

  test('answers 415 to other content encodings', async () => {
    const { status, body } = await post(path, 'x', { HTTP_CONTENT_ENCODING: 'br' });
    assert.equal(status, 415);
    assert.match(body, /use gzip, deflate or none/);
  });

  /** A document of 90,000 bytes that is complete and not safe yet. @returns what makes it safe */
  async function holdOne(): Promise<{ answer: Promise<Answer>; release: () => void }> {
    let release: (count: number) => void = () => undefined;
    complete = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const answer = post(path, Buffer.alloc(90_000));
    await sleep(100);
    complete = () => Promise.resolve(1);
    return {
      answer,
      release: () => {
        release(1);
      },
    };
  }

  test('what would be too much in flight waits', async () => {
    const { answer, release } = await holdOne();
    const second = post(path, Buffer.alloc(90_000));
    await sleep(100);
    assert.equal(answered.length, 0);
    assert.ok(handler.inFlight.bytes < 90_000 + 70_000, 'it is not read any more');
    release();
    assert.equal((await answer).status, 200);
    assert.equal((await second).status, 200);
    assert.equal(handler.inFlight.bytes, 0);
  });

  test('what has waited too long is answered 503, and taken later', async () => {
    const { answer, release } = await holdOne();
    const { status, headers } = await post(path, Buffer.alloc(90_000));
    assert.equal(status, 503);
    assert.equal(headers.get('retry-after'), '5');
    release();
    assert.equal((await answer).status, 200);
    assert.equal((await post(path, Buffer.alloc(90_000))).status, 200);
    assert.equal(handler.inFlight.bytes, 0);
  });

  test('of documents that are too much together the oldest goes on, and all are taken', async () => {
    const answers = Array.from({ length: 8 }, () => post(path, Buffer.alloc(90_000)));
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    assert.deepEqual(statuses, Array(8).fill(200));
    assert.equal(handler.inFlight.bytes, 0);
  });

  test('compressed documents wait, too, before they are inflated', async () => {
    const { answer, release } = await holdOne();
    const zipped = gzipSync(Buffer.alloc(99_000));
    const gzip = { HTTP_CONTENT_ENCODING: 'gzip' };
    const second = post(path, zipped, gzip);
    await sleep(100);
    assert.equal(answered.length, 0);
    assert.equal((await post(path, zipped, gzip)).status, 503);
    assert.equal((await second).status, 503);
    release();
    assert.equal((await answer).status, 200);
    assert.equal((await post(path, zipped, gzip)).status, 200);
    assert.equal(handler.inFlight.bytes, 0);
  });

  test('a client that goes away leaves nothing behind', async () => {
    await converse(path, (socket) => {
      socket.write(
        head({ REQUEST_METHOD: 'POST', CONTENT_TYPE: 'text/xml', CONTENT_LENGTH: '100' }),
      );
      socket.write(stdin(Buffer.from('<xml>')));
      setTimeout(() => socket.destroy(), 50);
    });
    await sleep(100);
    assert.deepEqual(
      aborted.map(({ bytes }) => bytes),
      [5],
    );
    assert.equal(documents.length, 0);
    assert.equal((await post(path, '<xml/>')).status, 200);
  });

  test('records that FastCGI does not know cost the connection and nothing else', async () => {
    const slow: Promise<Answer> = converse(path, (socket) => {
      socket.write(head({ REQUEST_METHOD: 'POST', CONTENT_TYPE: 'text/xml', CONTENT_LENGTH: '6' }));
      setTimeout(() => {
        socket.write(Buffer.concat([stdin(Buffer.from('<xml/>')), stdin(Buffer.alloc(0))]));
      }, 200);
    });
    await converse(path, (socket) => socket.write(record(99, Buffer.from('?'))));
    await converse(path, (socket) => socket.end('GET / HTTP/1.1\r\n\r\n'));
    assert.ok(protocolErrors >= 1);
    assert.equal((await slow).status, 200);
  });

  test('records may come byte by byte, and padded', async () => {
    const request = Buffer.concat([
      head({ REQUEST_METHOD: 'POST', CONTENT_TYPE: 'application/xml', CONTENT_LENGTH: '7' }),
      record(STDIN, Buffer.from('<one'), 4),
      record(STDIN, Buffer.from('/>!'), 5),
      record(STDIN, Buffer.alloc(0), 8),
    ]);
    const answer = await converse(path, (socket) => {
      socket.setNoDelay();
      void (async () => {
        for (const byte of request) {
          socket.write(Buffer.of(byte));
          await sleep(1);
        }
      })();
    });
    assert.equal(answer.status, 200);
    assert.deepEqual(
      documents.map(({ body }) => body),
      ['<one/>!'],
    );
  });

  test('takes identity from FastCGI parameters and not from headers', async () => {
    await post(path, '<xml/>', {
      UNIQUE_ID: 'Zk1',
      SSL_CLIENT_S_DN: 'CN=sensor',
      HTTP_SSL_CLIENT_S_DN: 'CN=forged',
      HTTP_X_FORWARDED_FOR: '198.51.100.1',
    });
    const [{ id, client, subject, bytes } = {}] = answered;
    assert.deepEqual([id, client, subject, bytes], ['Zk1', '192.0.2.1', 'CN=sensor', 6]);
  });

  test('what was accepted before it closes is answered, what is not complete when it refuses gets 503', async () => {
    const send = (socket: Socket): void => {
      socket.write(stdin(Buffer.from('<xml/>')));
      socket.write(stdin(Buffer.alloc(0)));
    };
    const sockets: Socket[] = [];
    const begin = (): Promise<Answer> =>
      converse(path, (socket) => {
        const params = { REQUEST_METHOD: 'POST', CONTENT_TYPE: 'text/xml', CONTENT_LENGTH: '6' };
        socket.write(head(params));
        sockets.push(socket);
      });
    const answers = [begin(), begin()];
    await sleep(100);
    const closed = close();
    await assert.rejects(post(path, '<xml/>'), /ENOENT/);
    const [first, second] = sockets;
    assert.ok(first !== undefined && second !== undefined);
    send(first);
    assert.equal((await answers[0])?.status, 200);
    handler.refuse();
    send(second);
    const refused = await answers[1];
    assert.equal(refused?.status, 503);
    assert.match(refused.body, /is stopping/);
    await closed;
  });

  test('the socket has the group of its directory and is closed to others', async () => {
    const { mode, gid } = await stat(path);
    assert.equal(mode & 0o777, 0o660);
    assert.equal(gid, (await stat(directory)).gid);
  });

  test('leaves no socket behind', async () => {
    await close();
    assert.equal(existsSync(path), false);
  });

  test('takes over a socket that nobody answers on', async () => {
    await close();
    // a process that is killed leaves its socket: a link keeps one here
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    const { spawnSync } = await import('node:child_process');
    spawnSync(process.execPath, ['-e', script]);
    assert.equal(existsSync(path), true);
    await start();
    assert.equal((await post(path, '<xml/>')).status, 200);
  });

  test('does not start beside a gateway that answers, nor over a file', async () => {
    const refused = (what: RegExp) => (error: unknown) => {
      assert.ok(error instanceof GatewayError);
      assert.equal(error.code, 'configuration');
      assert.match(error.message, what);
      return true;
    };
    await assert.rejects(start(), refused(/a gateway is running/));
    assert.equal((await post(path, '<xml/>')).status, 200);
    await close();
    await writeFile(path, '');
    await assert.rejects(start(), refused(/is not a socket/));
    path = join(directory, 'missing', 'secef.sock');
    await assert.rejects(start(), refused(/its directory has to exist/));
  });

  test('a server on the socket is taken for a living gateway', async () => {
    await close();
    const other = createServer().listen(path);
    await sleep(50);
    await assert.rejects(start(), /a gateway is running/);
    await new Promise((resolve) => other.close(resolve));
  });
});
