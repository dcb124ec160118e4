/** --valid-dtd says of documents what xmllint says. tools/dtd-verdicts compares many more. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { compareVerdicts, report, unexplained } from '../../tools/dtd-verdicts/verdicts.ts';

const MUTANTS = 400;

test('the verdicts on the corpus, on mutants and on every element are those of xmllint', async () => {
  const seed = Number(process.env['VERDICTS_SEED'] ?? Math.floor(Math.random() * 1_000_000));
  const verdicts = await compareVerdicts({ after }, { mutants: MUTANTS, seed, instances: 1 });
  const text = `seed ${seed}\n${report(verdicts)}`;
  console.log(text);
  assert.equal(unexplained(verdicts).length, 0, text);
  assert.ok(verdicts.documents.length > 250 && verdicts.elements.length > 2500, text);
  const valid = verdicts.mutants.filter((one) => one.valid).length;
  assert.ok(valid > MUTANTS / 8 && valid < (MUTANTS * 7) / 8, text);
});
