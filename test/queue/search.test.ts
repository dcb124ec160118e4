/** The search for the next intact request after damaged bytes. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { HEADER, HEADER_SIZE } from '../../src/prelude/frame.ts';
import { Checksums } from '../../src/queue/checksums.ts';
import { findRequest } from '../../src/queue/search.ts';
import { readRequest, stampRequest } from '../../src/queue/segment.ts';
import { request } from './frames.ts';

const SEED = 0x5eed_1234;
/** what the search of any bytes of this size may take */
const HOSTILE_BYTES = 64 * 1024 * 1024;

function stamped(name: string, sizes: readonly number[], seed = SEED): Buffer {
  const frames = request(name, sizes);
  stampRequest(frames, seed);
  return frames;
}

test('the checksum of any part of a buffer is that of zlib', () => {
  const bytes = randomBytes(3000);
  const checksums = new Checksums(bytes);
  for (const [start, end] of [
    [0, 0],
    [0, 3000],
    [64, 128],
    [63, 65],
    [1, 2999],
    [2999, 3000],
    [1000, 1000],
  ] as const)
    for (const before of [0, SEED])
      assert.equal(
        checksums.continue(before, start, end),
        crc32(bytes.subarray(start, end), before),
        `${start} ${end} ${before}`,
      );
});

test('finds the next intact request at any offset, with one message or several', async () => {
  for (const sizes of [[100], [20, 3000, 70]]) {
    const next = stamped('next', sizes);
    for (const offset of [1, 2, 63, 64, 65, 1000]) {
      const bytes = Buffer.concat([randomBytes(offset), next, stamped('later', [50])]);
      bytes[0] = 0;
      assert.equal(await findRequest(bytes, 1, SEED), offset);
    }
  }
});

test('finds neither a damaged request nor the rest of one', async () => {
  const damaged = stamped('damaged', [100, 100, 100]);
  damaged[HEADER_SIZE + 20] = 0xff;
  const next = stamped('next', [30]);
  assert.equal(
    await findRequest(Buffer.concat([damaged, next]), 1, SEED),
    damaged.length,
    'the last two frames are a part of a request',
  );
  assert.equal(await findRequest(damaged, 1, SEED), undefined);
});

test('what a sender has put into a damaged request is not taken for one', async () => {
  // all that a sender can know: the format, and that a queue of an earlier version had no seed
  const forged = Buffer.concat([stamped('forged', [100], 0), stamped('forged', [100], 1)]);
  const carrier = Buffer.concat([Buffer.alloc(50), forged, Buffer.alloc(50)]);
  const next = stamped('next', [30]);
  assert.equal(await findRequest(Buffer.concat([carrier, next]), 1, SEED), carrier.length);
});

/** A sender's bytes that look like a header as often as possible; each frame reaches to the end. */
function hostile(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + HEADER_SIZE < size; at += HEADER_SIZE) {
    bytes[at] = 1;
    bytes.writeUInt32BE(Math.max(0, size - at - HEADER_SIZE - (at % 1000)), at + HEADER.length);
  }
  return bytes;
}

/** Microseconds of processor time that a search without a result takes. */
async function searchTime(bytes: Buffer, seed: number): Promise<number> {
  const begun = process.cpuUsage();
  assert.equal(await findRequest(bytes, 1, seed), undefined);
  const { user, system } = process.cpuUsage(begun);
  return user + system;
}

test('a search in false headers takes time in proportion to their bytes', async (t) => {
  const few = await searchTime(hostile(HOSTILE_BYTES / 8), SEED);
  const many = await searchTime(hostile(HOSTILE_BYTES), SEED);
  t.diagnostic(
    `${HOSTILE_BYTES} bytes: ${Math.round(many / 1000)} ms of processor time, an eighth of them: ${Math.round(few / 1000)} ms`,
  );
  // one that looked at all bytes again for each header would take 64 times as much
  assert.ok(many < 20 * few);
});

test('a search in one long request, whose last frame is damaged, takes time in proportion to its frames', async (t) => {
  const time = (count: number): Promise<number> => {
    const frames = stamped('long', new Array<number>(count).fill(16), 0);
    frames[frames.length - 1] = 0xff;
    return searchTime(frames, 0);
  };
  const few = await time(60_000);
  const many = await time(480_000);
  t.diagnostic(
    `480,000 frames: ${Math.round(many / 1000)} ms of processor time, 60,000: ${Math.round(few / 1000)} ms`,
  );
  assert.ok(many < 20 * few);
});

test('a request is read with its end, and one that is not complete says how much it needs', () => {
  const bytes = stamped('a', [100, 50]);
  assert.deepEqual(readRequest(bytes, 0, SEED), { kind: 'intact', end: 182, messages: 2 });
  assert.deepEqual(readRequest(bytes.subarray(0, 120), 0, SEED), {
    kind: 'incomplete',
    needed: 132,
  });
  assert.deepEqual(readRequest(bytes, 0, 0), { kind: 'damaged' });
});
