/** A connection by FastCGI 1.0, section by section. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Peer, type Sent } from './wire.ts';
import {
  ABORT_REQUEST,
  BEGIN_REQUEST,
  begin,
  DATA,
  END_REQUEST,
  GET_VALUES,
  GET_VALUES_RESULT,
  pairs,
  PARAMS,
  record,
  STDIN,
  STDOUT,
  UNKNOWN_TYPE,
  whole,
} from './records.ts';

const COMPLETE = 0;
const CANT_MPX_CONN = 1;
const OVERLOADED = 2;
const UNKNOWN_ROLE = 3;

/** FCGI_END_REQUEST (5.5) */
function ended(id: number, status: number): Sent {
  return { type: END_REQUEST, id, content: `\0\0\0\0${String.fromCharCode(status)}\0\0\0` };
}

function answered(id: number, content: string): Sent[] {
  return [{ type: STDOUT, id, content }, { type: STDOUT, id, content: '' }, ended(id, COMPLETE)];
}

test('a request is handed on and answered with one write', () => {
  const peer = new Peer('Status: 200 OK\r\n\r\n');
  peer.send(whole(1, { A: 'b', EMPTY: '' }, 'body'));
  const [{ params, body } = { params: {}, body: '' }] = peer.seen;
  assert.deepEqual({ ...params }, { A: 'b', EMPTY: '' });
  assert.equal(body, 'body');
  assert.equal(peer.written.length, 1);
  assert.deepEqual(peer.sent, answered(1, 'Status: 200 OK\r\n\r\n'));
  assert.equal(peer.closed, false);
});

test('with FCGI_KEEP_CONN one request comes after the other, without it the connection is closed (5.1)', () => {
  const peer = new Peer('x');
  peer.send(whole(1, { N: '1' }, 'a'), whole(1, { N: '2' }, 'b'), whole(7, { N: '3' }, 'c', 0));
  assert.deepEqual(
    peer.seen.map(({ params, body }) => [params['N'], body]),
    [
      ['1', 'a'],
      ['2', 'b'],
      ['3', 'c'],
    ],
  );
  assert.deepEqual(peer.sent, [...answered(1, 'x'), ...answered(1, 'x'), ...answered(7, 'x')]);
  assert.equal(peer.closed, true);
  peer.send(whole(1, {}, 'late'));
  assert.equal(peer.seen.length, 3);
});

test('an answer of 200,000 bytes is cut into records', () => {
  const long = 'y'.repeat(200_000);
  const peer = new Peer(long);
  peer.send(whole(1, {}, ''));
  const out = peer.sent.filter(({ type }) => type === STDOUT);
  assert.ok(out.map(({ content }) => content).join('') === long, 'its parts are the answer');
  assert.equal(out.at(-1)?.content, '');
  assert.equal(peer.written.length, 1);
});

test('lengths of one and of four bytes (3.4), params in several records, and padding (3.3)', () => {
  const params = { SHORT: 'v', LONG: 'w'.repeat(300), ['N'.repeat(200)]: '' };
  for (const long of [false, true]) {
    const bytes = pairs(params, long);
    for (const at of [1, 5, 200, bytes.length - 1]) {
      const peer = new Peer('x');
      peer.send(
        begin(1),
        record(PARAMS, 1, bytes.subarray(0, at), 255),
        record(PARAMS, 1, bytes.subarray(at), 3),
        record(PARAMS, 1, '', 8),
        record(STDIN, 1, 'one', 7),
        record(STDIN, 1, '', 8),
      );
      assert.equal(peer.error, undefined);
      assert.deepEqual({ ...peer.seen[0]?.params }, params);
      assert.equal(peer.seen[0]?.body, 'one');
    }
  }
});

test('values are UTF-8', () => {
  const peer = new Peer('x');
  peer.send(whole(1, { SSL_CLIENT_S_DN: 'CN=Zoë,O=日本', PLAIN: 'x' }, ''));
  assert.deepEqual({ ...peer.seen[0]?.params }, { SSL_CLIENT_S_DN: 'CN=Zoë,O=日本', PLAIN: 'x' });
});

test('a name of the language itself is a name like others', () => {
  const peer = new Peer('x');
  const request = { params: new Map<string, string>() };
  peer.send(begin(1), record(PARAMS, 1, pairs({ ['__proto__']: 'a', constructor: 'b' })));
  peer.send(record(PARAMS, 1));
  request.params = new Map(peer.seen[0]?.request.params);
  assert.equal(request.params.get('__proto__'), 'a');
  assert.equal(request.params.get('constructor'), 'b');
  assert.equal(request.params.get('toString'), undefined);
});

test('params that end in the middle of a pair cost the connection', () => {
  const good = pairs({ NAME: 'value', OTHER: 'w'.repeat(200) });
  for (const at of [1, 2, 5, 10, 11, 12, 13, 15, good.length - 1]) {
    const peer = new Peer('x');
    peer.send(begin(1), record(PARAMS, 1, good.subarray(0, at)), record(PARAMS, 1));
    // where the first pair ends is no middle
    assert.equal(peer.error === undefined, at === 11, `cut at ${at}`);
  }
  const peer = new Peer('x');
  peer.send(begin(1), record(PARAMS, 1, Buffer.from('ffffffffffffffff', 'hex')), record(PARAMS, 1));
  assert.match(peer.error?.message ?? '', /middle of a pair/);
});

test('params above the bound end the request with FCGI_OVERLOADED, and the next one is served', () => {
  const peer = new Peer('x');
  const part = record(PARAMS, 1, Buffer.alloc(600));
  peer.send(begin(1), part, part, part, record(PARAMS, 1), record(STDIN, 1, 'x'), record(STDIN, 1));
  assert.deepEqual(peer.sent, [ended(1, OVERLOADED)]);
  assert.equal(peer.seen.length, 0);
  peer.send(whole(1, { N: '2' }, 'b'));
  assert.equal(peer.seen[0]?.body, 'b');
});

test('FCGI_ABORT_REQUEST before the end of the request is answered with FCGI_END_REQUEST (5.4)', () => {
  const peer = new Peer('x');
  peer.send(begin(1), record(ABORT_REQUEST, 1));
  assert.deepEqual(peer.sent, [ended(1, COMPLETE)]);
  assert.equal(peer.seen.length, 0);

  peer.send(begin(1), record(PARAMS, 1), record(STDIN, 1, 'part'), record(ABORT_REQUEST, 1));
  assert.equal(peer.seen[0]?.state, 'aborted');
  assert.deepEqual(peer.sent, [ended(1, COMPLETE), ended(1, COMPLETE)]);
  // records of a request that is not open any more are ignored (3.3)
  peer.send(record(STDIN, 1, 'rest'), record(STDIN, 1), whole(1, {}, 'next'));
  assert.deepEqual(
    peer.seen.map(({ body, state }) => [body, state]),
    [
      ['part', 'aborted'],
      ['next', 'complete'],
    ],
  );
});

test('FCGI_ABORT_REQUEST after the end of the body is answered by the answer itself', () => {
  const peer = new Peer();
  peer.send(whole(1, {}, 'all'), record(ABORT_REQUEST, 1));
  assert.equal(peer.seen[0]?.state, 'complete');
  peer.seen[0].request.respond('x');
  assert.deepEqual(peer.sent, answered(1, 'x'));
});

test('FCGI_ABORT_REQUEST and other records of a request that is not open are ignored (3.3)', () => {
  const peer = new Peer('x');
  peer.send(record(ABORT_REQUEST, 4), record(STDIN, 4, 'x'), record(PARAMS, 4), record(DATA, 4));
  assert.deepEqual(peer.sent, []);
  peer.send(whole(1, {}, 'good'));
  assert.equal(peer.seen[0]?.body, 'good');
});

test('a second request while one is open is ended with FCGI_CANT_MPX_CONN (5.5)', () => {
  const peer = new Peer('x');
  peer.send(begin(1), record(PARAMS, 1), record(STDIN, 1, 'a'));
  peer.send(whole(2, { N: '2' }, 'other'));
  assert.deepEqual(peer.sent, [ended(2, CANT_MPX_CONN)]);
  peer.send(record(STDIN, 1, 'b'), record(STDIN, 1));
  assert.deepEqual(
    peer.seen.map(({ body }) => body),
    ['ab'],
  );
  assert.deepEqual(peer.sent.slice(1), answered(1, 'x'));
});

test('another role is ended with FCGI_UNKNOWN_ROLE (5.5)', () => {
  for (const role of [0, 2, 3, 9]) {
    const peer = new Peer('x');
    peer.send(begin(1, 1, role), record(PARAMS, 1), record(STDIN, 1));
    assert.deepEqual(peer.sent, [ended(1, UNKNOWN_ROLE)]);
    peer.send(whole(1, {}, 'good'));
    assert.equal(peer.seen[0]?.body, 'good');
    assert.equal(new Peer('x').send(begin(1, 0, role)).closed, true);
  }
});

test('FCGI_GET_VALUES is answered with what is known of it, also between the records of a request (4.1)', () => {
  const peer = new Peer('x');
  const query = record(GET_VALUES, 0, pairs({ FCGI_MPXS_CONNS: '', FCGI_MAX_CONNS: '', X: '' }));
  peer.send(begin(1), query, record(PARAMS, 1), record(STDIN, 1, 'a'), query, record(STDIN, 1));
  const values = {
    type: GET_VALUES_RESULT,
    id: 0,
    content: pairs({ FCGI_MPXS_CONNS: '0' }).toString('latin1'),
  };
  assert.deepEqual(peer.sent, [values, values, ...answered(1, 'x')]);
});

test('a management record of an unknown type is answered with FCGI_UNKNOWN_TYPE (4.2)', () => {
  for (const type of [10, 11, 12, 99, 255]) {
    const peer = new Peer('x');
    peer.send(record(type, 0, 'whatever', 5), whole(1, {}, 'good'));
    const content = `${String.fromCharCode(type)}\0\0\0\0\0\0\0`;
    assert.deepEqual(peer.sent, [{ type: UNKNOWN_TYPE, id: 0, content }, ...answered(1, 'x')]);
  }
});

test('what FastCGI 1.0 does not allow costs the connection', () => {
  const head = [begin(1), record(PARAMS, 1, pairs({ A: 'b' }))];
  const wrong: Readonly<Record<string, Buffer[]>> = {
    'another version': [Buffer.from('0201000100080000', 'hex')],
    HTTP: [Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    'a request that begins twice': [...head, begin(1)],
    'FCGI_STDIN before the end of FCGI_PARAMS': [...head, record(STDIN, 1, 'x')],
    'FCGI_PARAMS after their end': [...head, record(PARAMS, 1), record(PARAMS, 1, 'x')],
    'FCGI_STDIN after its end': [...head, record(PARAMS, 1), record(STDIN, 1), record(STDIN, 1)],
    'FCGI_BEGIN_REQUEST that is too short': [record(BEGIN_REQUEST, 1, Buffer.alloc(7))],
    'FCGI_BEGIN_REQUEST that is too long': [record(BEGIN_REQUEST, 1, Buffer.alloc(9))],
    'FCGI_BEGIN_REQUEST without a number': [record(BEGIN_REQUEST, 0, Buffer.alloc(8))],
    'what an application sends': [record(STDOUT, 1, 'x')],
    'an unknown type for a request': [record(77, 1, 'x')],
  };
  for (const [what, records] of Object.entries(wrong)) {
    const peer = new Peer();
    peer.send(...records);
    assert.ok(peer.error !== undefined, what);
    assert.equal(peer.closed, true, what);
    assert.ok(
      peer.seen.every(({ state }) => state === 'aborted'),
      what,
    );
  }
});

test('FCGI_DATA, which is for filters, is ignored', () => {
  const peer = new Peer('x');
  peer.send(begin(1), record(PARAMS, 1), record(DATA, 1, 'data'), record(STDIN, 1, 'a'));
  peer.send(record(DATA, 1), record(STDIN, 1));
  assert.equal(peer.seen[0]?.body, 'a');
});

test('a connection that ends in the middle of a request aborts it', () => {
  for (const end of ['ended', 'gone'] as const) {
    const peer = new Peer('x');
    peer.send(begin(1), record(PARAMS, 1), record(STDIN, 1, 'part'));
    peer.connection[end]();
    assert.equal(peer.seen[0]?.state, 'aborted');
    peer.seen[0].request.respond('late');
    assert.deepEqual(peer.sent, []);
  }
});

test('a web server that sends no more gets the answer that it waits for, and then the end', () => {
  const peer = new Peer();
  peer.send(whole(1, {}, 'all'));
  peer.connection.ended();
  assert.equal(peer.closed, false);
  peer.seen[0]?.request.respond('x');
  assert.deepEqual(peer.sent, answered(1, 'x'));
  assert.equal(peer.closed, true);
  const idle = new Peer();
  idle.connection.ended();
  assert.equal(idle.closed, true);
});

test('an answer before the end of the body ends the request; the rest of the body is ignored', () => {
  const peer = new Peer();
  peer.send(begin(1), record(PARAMS, 1), record(STDIN, 1, 'part'));
  peer.seen[0]?.request.respond('early');
  peer.send(record(STDIN, 1, 'rest'), record(STDIN, 1), whole(1, {}, 'next'));
  assert.deepEqual(
    peer.seen.map(({ body }) => body),
    ['part', 'next'],
  );
});

test('an old request cannot answer, pause or resume in the place of the next one', () => {
  const peer = new Peer();
  peer.send(whole(1, {}, 'first'));
  const old = peer.seen[0]?.request;
  old?.respond('first');
  peer.send(whole(1, {}, 'second'));
  old?.respond('again');
  old?.pause();
  assert.equal(peer.paused, false);
  assert.deepEqual(peer.sent, answered(1, 'first'));
  const next = peer.seen[1]?.request;
  next?.pause();
  old?.resume();
  assert.equal(peer.paused, true);
  next?.respond('second');
  assert.equal(peer.paused, false, 'the connection is read again after the answer');
});

test('a connection that is to be closed is closed at once when idle, otherwise after the answer', () => {
  const idle = new Peer();
  idle.connection.close();
  assert.equal(idle.closed, true);
  const busy = new Peer('x');
  busy.send(begin(1), record(PARAMS, 1));
  busy.connection.close();
  assert.equal(busy.closed, false);
  busy.send(record(STDIN, 1));
  assert.deepEqual(busy.sent, answered(1, 'x'));
  assert.equal(busy.closed, true);
});

test('a web server that reads none of its answers is not answered without end', () => {
  const peer = new Peer('x');
  peer.unread = 1000;
  for (let count = 0; count < 5000 && peer.error === undefined; count++)
    peer.send(record(GET_VALUES, 0, pairs({ FCGI_MPXS_CONNS: '' })));
  assert.match(peer.error?.message ?? '', /does not read/);
  assert.ok(peer.written.length < 1100);
});

test('pieces of the body are views into what was read', () => {
  const pieces: Buffer[] = [];
  const peer = new Peer(undefined, () => ({
    data: (piece) => pieces.push(piece),
    end: () => undefined,
    aborted: () => undefined,
  }));
  const bytes = whole(1, {}, 'body');
  peer.send(bytes);
  assert.equal(pieces[0]?.buffer, bytes.buffer);
});
