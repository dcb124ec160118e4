/** FastCGI connections at random: cuts make no difference, and damage costs the connection alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PostHandler } from '../../src/accept/post.ts';
import { Peer } from './wire.ts';
import {
  ABORT_REQUEST,
  begin,
  DATA,
  GET_VALUES,
  pairs,
  PARAMS,
  record,
  STDIN,
  whole,
} from './records.ts';

const STREAMS = 100_000;
/** streams between two turns of the event loop */
const BATCH = 200;

const text = fc.string({ maxLength: 200 });
const params = fc.dictionary(fc.string({ minLength: 1, maxLength: 140 }), text, { maxKeys: 5 });
const padding = fc.integer({ min: 0, max: 255 });
const id = fc.integer({ min: 1, max: 3 });

/** The bytes in pieces. */
function inPieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, next = 0; at < bytes.length; next++) {
    const size = sizes[next % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** A good request whose streams are cut into records and padded at random. */
const request = fc
  .record({
    id,
    params,
    body: text,
    sizes: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
    padding,
  })
  .map((what) => {
    const streamed = (type: number, bytes: Buffer): Buffer[] => [
      ...inPieces(bytes, what.sizes).map((piece) => record(type, what.id, piece, what.padding)),
      record(type, what.id, '', what.padding),
    ];
    return {
      params: what.params,
      body: Buffer.from(what.body).toString('latin1'),
      bytes: Buffer.concat([
        begin(what.id),
        ...streamed(PARAMS, pairs(what.params)),
        ...streamed(STDIN, Buffer.from(what.body)),
      ]),
    };
  });

test('wherever the bytes are cut, the same requests come out', () => {
  fc.assert(
    fc.property(
      fc.array(request, { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      (requests, sizes) => {
        const bytes = Buffer.concat(requests.map((one) => one.bytes));
        const peer = new Peer('x', undefined, 100_000);
        peer.send(...inPieces(bytes, sizes));
        assert.equal(peer.error, undefined);
        assert.deepEqual(
          peer.seen.map((seen) => ({
            params: new Map(Object.entries(seen.params)),
            body: seen.body,
          })),
          requests.map((one) => ({ params: new Map(Object.entries(one.params)), body: one.body })),
        );
        assert.ok(peer.seen.every(({ state }) => state === 'complete'));
        assert.equal(peer.written.length, requests.length);
      },
    ),
    { numRuns: 500 },
  );
});

const good = Buffer.concat([
  whole(1, { REQUEST_METHOD: 'POST', CONTENT_TYPE: 'text/xml', CONTENT_LENGTH: '6' }, '<xml/>'),
  record(GET_VALUES, 0, pairs({ FCGI_MPXS_CONNS: '' })),
  begin(2),
  record(
    PARAMS,
    2,
    pairs({ REQUEST_METHOD: 'POST', CONTENT_TYPE: 'text/xml', CONTENT_LENGTH: '' }),
    5,
  ),
  record(PARAMS, 2),
  record(STDIN, 2, '<a>'),
  record(DATA, 2, 'x'),
  record(ABORT_REQUEST, 2),
  whole(1, { REQUEST_METHOD: 'GET' }, ''),
  whole(
    1,
    { REQUEST_METHOD: 'POST', CONTENT_TYPE: 'text/xml', HTTP_CONTENT_ENCODING: 'gzip' },
    'no',
  ),
]);

/** mulberry32 */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** The good stream with some bytes changed, and a part of it left out, doubled or moved. */
function mutate(random: (below: number) => number): Buffer {
  let bytes = Buffer.from(good);
  for (let changes = random(4); changes > 0; changes--)
    bytes[random(bytes.length)] = random(2) === 0 ? random(256) : random(12);
  const [from, to] = [random(bytes.length), random(bytes.length)].sort((a, b) => a - b);
  const [before, part, after] = [
    bytes.subarray(0, from),
    bytes.subarray(from, to),
    bytes.subarray(to),
  ];
  switch (random(5)) {
    case 0:
      bytes = Buffer.concat([before, after]);
      break;
    case 1:
      bytes = Buffer.concat([before, part, part, after]);
      break;
    case 2:
      bytes = Buffer.concat([part, before, after]);
      break;
    case 3:
      bytes = Buffer.concat([before, part]);
  }
  return bytes;
}

test(`${STREAMS} mutated streams: no crash, and nothing stays in flight`, async (t) => {
  let opened = 0;
  let closed = 0;
  let tooLong = 0;
  const handler = new PostHandler({
    maxBody: 1000,
    maxInFlight: 2000,
    open: () => {
      opened++;
      return {
        write: () => undefined,
        end: () => Promise.resolve({ messages: 1, heartbeats: 0 }),
        abort: () => undefined,
      };
    },
    answered: () => closed++,
    aborted: () => closed++,
  });
  let errors = 0;
  let requests = 0;
  const application = (
    ...[request]: Parameters<typeof handler.handle>
  ): ReturnType<typeof handler.handle> => {
    requests++;
    return handler.handle(request);
  };
  for (let seed = 1; seed <= STREAMS; seed++) {
    const random = randomFrom(seed);
    const bytes = mutate(random);
    const begun = performance.now();
    const peer = new Peer(undefined, application);
    peer.send(...inPieces(bytes, [random(100) + 1, random(300) + 1]));
    if (peer.error === undefined) peer.connection[random(2) === 0 ? 'ended' : 'gone']();
    else errors++;
    if (performance.now() - begun > 1000) tooLong++;
    if (seed % BATCH === 0) await new Promise(setImmediate);
  }
  // inflaters end in threads
  for (let turn = 0; turn < 500 && closed < requests; turn++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  t.diagnostic(`${requests} requests, ${opened} documents, ${errors} connections given up`);
  assert.equal(tooLong, 0);
  assert.equal(closed, requests);
  assert.equal(handler.inFlight.bytes, 0);
  assert.equal(handler.inFlight.size, 0);
  assert.ok(opened > STREAMS / 2 && errors > STREAMS / 10, 'the mutations reach deep');
});
