/** What is too deep, too big or too clever is bounded in time and memory. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isRecord } from '../helpers/narrow.ts';
import { mustRun } from '../helpers/run.ts';
import { BOMBS } from './bombs.ts';

const HEAP_MEGABYTES = 256;
const MEGABYTES = 320;
/** 10 MB take a second; what grows with the square takes minutes */
const MILLISECONDS = 10_000;

const reader = fileURLToPath(new URL('./bomb.js', import.meta.url));
const slowest = { name: '', milliseconds: 0 };
let asExpected = 0;
let largest = 0;

after(() => {
  console.log(
    `bombs ${BOMBS.length}, as expected ${asExpected}, otherwise ${BOMBS.length - asExpected}; ` +
      `slowest ${slowest.milliseconds} ms (${slowest.name}), largest ${largest} MB`,
  );
});

BOMBS.forEach(({ name, refusedBy }, index) => {
  const verdicts = refusedBy.length === 0 ? ['accepted'] : refusedBy;
  test(`${name}: ${verdicts.join(' or ')}, in bounded time and memory`, async () => {
    const options = [`--max-old-space-size=${HEAP_MEGABYTES}`, reader, String(index)];
    const found: unknown = JSON.parse(await mustRun(process.execPath, options));
    assert.ok(isRecord(found));
    const { verdict, message, milliseconds, megabytes } = found;
    assert.ok(
      verdicts.some((wanted) => wanted === verdict),
      `${String(verdict)} ${String(message)}`,
    );
    assert.ok(typeof milliseconds === 'number' && typeof megabytes === 'number');
    assert.ok(milliseconds < MILLISECONDS, `${milliseconds} ms`);
    assert.ok(megabytes < MEGABYTES, `${megabytes} MB`);
    if (milliseconds > slowest.milliseconds) Object.assign(slowest, { name, milliseconds });
    largest = Math.max(largest, megabytes);
    asExpected++;
  });
});
