/** Damaged documents: no crash, no hang, and what is accepted is readable by Prelude. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ERRORS, GatewayError } from '../../src/errors.ts';
import { mustRun } from '../helpers/run.ts';
import { tempFolder } from '../helpers/temp.ts';
import { tool } from '../helpers/tools.ts';
import { badDocuments, corpusDocuments, type Fixture } from './fixtures.ts';
import { mutate } from './mutate.ts';
import { splitFrames } from './payload.ts';
import { Random } from './random.ts';
import { atRandom, take } from './reading.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 100_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_101);
/** the longest that one input may take */
const MILLISECONDS = 1000;
/** one of so many inputs is a large document */
const LARGE = 50;
const LARGE_BYTES = 10_000;
/** messages that prelude-admin gets at a time */
const BATCH = 5000;

/** What the reader may refuse a document with: the other codes are for what is around it. */
const CODES = [
  'malformed-xml',
  'entity-declared',
  'not-idmef',
  'bad-value',
  'limit-exceeded',
] as const;

interface Found {
  readonly byCode: Map<string, number>;
  readonly accepted: Buffer[];
  readonly crashes: string[];
  slowest: number;
}

function pick(documents: readonly Fixture[], random: Random): Buffer {
  return documents[random.below(documents.length)]?.bytes ?? Buffer.alloc(0);
}

/** The input of that number: `FUZZ_SEED=number FUZZ_RUNS=1` makes it alone. */
function makeInput(
  number: number,
  small: readonly Fixture[],
  large: readonly Fixture[],
): { input: Buffer; random: Random } {
  const random = new Random(number);
  const documents = random.oneIn(LARGE) ? large : small;
  const input = mutate(pick(documents, random), pick(small, random), random);
  return { input, random };
}

function tryInput(input: Buffer, random: Random, found: Found, number: number): void {
  const begun = performance.now();
  let code = 'accepted';
  try {
    found.accepted.push(take({ pieces: atRandom(input, random) }).frames);
  } catch (error) {
    code = error instanceof GatewayError ? error.code : 'crash';
    if (!CODES.some((known) => known === code))
      found.crashes.push(`input ${number}: ${String(error)}`);
  }
  const took = performance.now() - begun;
  if (took > MILLISECONDS) found.crashes.push(`input ${number}: ${Math.round(took)} ms`);
  found.slowest = Math.max(found.slowest, took);
  found.byCode.set(code, (found.byCode.get(code) ?? 0) + 1);
}

const found: Found = { byCode: new Map(), accepted: [], crashes: [], slowest: 0 };

after(() => {
  const byCode = [...found.byCode].sort().map(([code, count]) => `${code} ${count}`);
  console.log(
    `fuzz inputs ${RUNS} (seed ${SEED}): ${byCode.join(', ')}, crashes ${found.crashes.length}, ` +
      `slowest ${Math.round(found.slowest)} ms`,
  );
});

test('the codes that refuse a document are in the table', () => {
  for (const code of CODES) assert.equal(ERRORS[code].status, 400);
});

test('no damaged document crashes the reader or holds it up', () => {
  const good = corpusDocuments();
  const documents = [...good, ...good, ...good, ...good, ...badDocuments()];
  const small = documents.filter(({ bytes }) => bytes.length > 0 && bytes.length < LARGE_BYTES);
  const large = documents.filter(({ bytes }) => bytes.length >= LARGE_BYTES);
  for (let run = 0; run < RUNS; run++) {
    const { input, random } = makeInput(SEED + run, small, large);
    tryInput(input, random, found, SEED + run);
  }
  assert.deepEqual(found.crashes, []);
});

test('prelude-admin reads whatever was accepted', async () => {
  const admin = tool('prelude-admin', 'prelude-utils');
  const file = join(tempFolder({ after }), 'accepted.bin');
  const messages = splitFrames(Buffer.concat(found.accepted));
  let printed = 0;
  for (let start = 0; start < messages.length; start += BATCH) {
    const batch = messages.slice(start, start + BATCH);
    writeFileSync(file, Buffer.concat(batch));
    const text = await mustRun(admin, ['print', file]);
    const count = text.match(/^(?:alert|heartbeat):/gm)?.length ?? 0;
    assert.equal(count, batch.length);
    printed += count;
  }
  console.log(`messages accepted ${messages.length}, printed by prelude-admin ${printed}`);
});
