/** When garbage is collected: once, when it has become quiet after a load. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { collectWhenQuiet } from '../src/idle.ts';

const INTERVAL = 10_000;
const MEGABYTE = 1024 * 1024;

function start(t: TestContext): { took: (bytes: number) => void; collected: () => number } {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let count = 0;
  const took = collectWhenQuiet(() => {
    count++;
  });
  return {
    took,
    collected: () => {
      t.mock.timers.tick(INTERVAL);
      return count;
    },
  };
}

test('not during a load, once after it, and again after the next', (t) => {
  const { took, collected } = start(t);
  took(MEGABYTE);
  assert.equal(collected(), 0);
  assert.equal(collected(), 1);
  assert.equal(collected(), 1);
  took(MEGABYTE);
  assert.equal(collected(), 1);
  assert.equal(collected(), 2);
});

test('a few alerts are no load, many of them over time are', (t) => {
  const { took, collected } = start(t);
  for (let interval = 0; interval < 10; interval++) {
    took(MEGABYTE / 11);
    assert.equal(collected(), 0);
  }
  took(MEGABYTE / 10);
  assert.equal(collected(), 0);
  assert.equal(collected(), 1);
});
