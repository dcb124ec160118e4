import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '../../src/prelude/bytes.ts';

test('numbers are written in the order of the network', () => {
  const out = new ByteWriter();
  out.uint8(0xff);
  out.uint16(0x0102);
  out.uint32(0xfffefdfc);
  out.int32(-2);
  out.uint64(0xffffffffffffffffn);
  out.int64(-2n);
  out.float(1.5);
  assert.equal(
    out.finish().toString('hex'),
    'ff' + '0102' + 'fffefdfc' + 'fffffffe' + 'ffffffffffffffff' + 'fffffffffffffffe' + '3fc00000',
  );
});

test('text is UTF-8, and its size in bytes is given', () => {
  const out = new ByteWriter();
  assert.equal(out.text('aé漢😀'), 10);
  assert.equal(out.length, 10);
  assert.equal(out.finish().toString('utf8'), 'aé漢😀');
});

test('the buffer grows as it has to, and keeps what was written', () => {
  const out = new ByteWriter();
  const parts = Array.from({ length: 2000 }, (_, index) => Buffer.alloc(index % 40, index));
  for (const part of parts) out.bytes(part);
  out.text('é'.repeat(100_000));
  assert.ok(out.finish().equals(Buffer.concat([...parts, Buffer.from('é'.repeat(100_000))])));
});

test('what has been written can be patched', () => {
  const out = new ByteWriter();
  out.uint32(0);
  out.uint8(5);
  out.patchUint32(0x01020304, 0);
  assert.equal(out.finish().toString('hex'), '0102030405');
});
