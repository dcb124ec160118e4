/** The grammar in conf/ says of every document what the DTDs say. scripts/equivalence asks for longer. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { findDifferences } from './equivalent.ts';
import { report, unexplained } from './report.ts';

const MUTANTS = 400;
const SAMPLE = 50;

test('the grammar says of the corpus and its mutants what the DTDs say', async () => {
  const seed = Number(process.env['GRAMMAR_SEED'] ?? Math.floor(Math.random() * 1_000_000));
  const found = await findDifferences(
    { after },
    { mutants: MUTANTS, seed, instances: 1, sample: SAMPLE },
  );
  const text = `seed ${seed}\n${report(found)}`;
  console.log(text);
  assert.equal(unexplained(found).length, 0, text);
  assert.deepEqual(found.wasm.different, [], text);
  const valid = found.mutants.filter(({ normal }) => normal.valid).length;
  assert.ok(
    valid > MUTANTS / 8 && valid < (MUTANTS * 7) / 8,
    `${valid} mutants are valid\n${text}`,
  );
});
