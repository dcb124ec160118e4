/** Every document of the corpus gives the bytes that libprelude's own writer makes of it. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { encodeAnalyzer } from '../../src/prelude/analyzer.ts';
import { corpusDocuments, expectedFrames } from './fixtures.ts';
import { withAnalyzerFirst } from './payload.ts';
import { Random } from './random.ts';
import { atRandom, inPieces, take } from './reading.ts';

const documents = corpusDocuments();
let equal = 0;

for (const { name, bytes } of documents) {
  const expected = expectedFrames(name);

  test(`${name} gives libprelude's bytes`, () => {
    assert.ok(take({ pieces: [bytes] }).frames.equals(expected));
    equal++;
  });

  test(`${name} gives the same bytes however it is cut`, () => {
    assert.ok(take({ pieces: inPieces(bytes, 1) }).frames.equals(expected), 'single bytes');
    for (let seed = 0; seed < 20; seed++) {
      const pieces = atRandom(bytes, new Random(seed));
      assert.ok(take({ pieces }).frames.equals(expected), `cut at random, seed ${seed}`);
    }
  });

  test(`${name} gives the same bytes with the gateway's Analyzer in front`, () => {
    const identity = { profile: 'secef', analyzerid: '1234567890', version: '1.2.3' };
    const analyzer = encodeAnalyzer(identity);
    const { frames } = take({ pieces: [bytes], analyzer });
    assert.ok(frames.equals(withAnalyzerFirst(expected, analyzer)));
  });
}

after(() => {
  console.log(
    `documents ${documents.length}, equal ${equal}, different ${documents.length - equal}`,
  );
});
