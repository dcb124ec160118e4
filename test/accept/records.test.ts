/** Where the bytes of a FastCGI connection are cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordCutter } from '../../src/accept/records.ts';
import { record } from './fastcgi.ts';

const STDIN = 5;
const records = [
  record(STDIN, Buffer.from('first')),
  record(STDIN, Buffer.alloc(0)),
  record(STDIN, Buffer.alloc(0), 3),
  record(STDIN, Buffer.alloc(300, 'x'), 255),
  record(STDIN, Buffer.from('last'), 4),
];
const bytes = Buffer.concat(records);

/** The lengths of the pieces of what comes in these parts; what is in them is what came. */
function cut(...parts: Buffer[]): number[] {
  const cutter = new RecordCutter();
  const pieces: Buffer[] = [];
  for (const part of parts) cutter.cut(part, (piece) => pieces.push(piece));
  assert.deepEqual(Buffer.concat(pieces), Buffer.concat(parts));
  return pieces.map(({ length }) => length);
}

const whole = [8, 5, 8, 8, 3, 8, 555, 8, 8];

test('cuts behind each header and behind what it announces', () => {
  assert.deepEqual(cut(bytes), whole);
});

test('wherever the bytes are cut when they come, the same cuts are there', () => {
  const ends = (lengths: number[]): Set<number> => {
    let at = 0;
    return new Set(lengths.map((length) => (at += length)));
  };
  const expected = ends(whole);
  for (let at = 1; at < bytes.length; at++)
    assert.deepEqual(
      ends(cut(bytes.subarray(0, at), bytes.subarray(at))),
      new Set([...expected, at].sort((a, b) => a - b)),
    );
});

test('the bytes one by one', () => {
  const one = Array.from(bytes, (byte) => Buffer.of(byte));
  assert.deepEqual(
    cut(...one),
    one.map(() => 1),
  );
});
