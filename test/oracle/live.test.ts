/** The gateway against the libprelude that is installed; the fixtures, too. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { plain } from '../../src/idmef/message.ts';
import { encodeAnalyzer, ownAnalyzer } from '../../src/prelude/analyzer.ts';
import { badDocuments, corpusDocuments, expectedFrames } from '../idmef/fixtures.ts';
import { splitFrames, withAnalyzerFirst } from '../idmef/payload.ts';
import { refusal, take } from '../idmef/reading.ts';
import { isRecord } from '../helpers/narrow.ts';
import { Oracle } from './oracle.ts';

const oracle = new Oracle();
const documents = corpusDocuments();
const bad = badDocuments();
const counts = { equal: 0, sameVerdict: 0 };

/** Where the gateway and the oracle decide otherwise, and why. */
const OTHERWISE: Readonly<Record<string, string>> = {};

after(async () => {
  await oracle.stop();
  const otherwise = Object.keys(OTHERWISE).length;
  console.log(
    `documents ${documents.length}, equal ${counts.equal}, different ${documents.length - counts.equal}; ` +
      `bad documents ${bad.length}, same verdict ${counts.sameVerdict}, otherwise for a reason ${otherwise}`,
  );
});

for (const { name, bytes } of documents) {
  test(`${name}: gateway, fixture and libprelude give the same bytes`, async () => {
    const verdict = await oracle.ask(bytes);
    assert.ok(verdict.ok);
    assert.ok(verdict.frames.equals(expectedFrames(name)), 'run scripts/make-fixtures');
    assert.ok(verdict.frames.equals(take({ pieces: [bytes] }).frames));
    counts.equal++;
  });

  test(`${name}: as many adaptations as the oracle makes`, async () => {
    const verdict = await oracle.ask(bytes);
    assert.ok(verdict.ok);
    const { adaptations } = take({ pieces: [bytes] });
    // libprelude drops the other member of a union without a word
    const numbered = adaptations.filter(({ what }) => /^A\d/.test(what));
    assert.equal(numbered.length, verdict.notes.length, verdict.notes.join('\n'));
  });
}

for (const { name, bytes } of bad) {
  test(`bad/${name}: gateway and libprelude decide alike`, async () => {
    const verdict = await oracle.ask(bytes);
    const error = refusal({ pieces: [bytes] });
    const alike = verdict.ok === (error === undefined);
    assert.equal(alike, OTHERWISE[name] === undefined, error?.describe());
    if (alike) counts.sameVerdict++;
    if (!verdict.ok || error !== undefined || name === 'accepted-no-createtime.xml') return;
    assert.ok(verdict.frames.equals(take({ pieces: [bytes] }).frames));
  });
}

test("the gateway's own Analyzer is written as libprelude writes it", async () => {
  const identity = { profile: 'secef', analyzerid: '1234567890', version: '1.2.3' };
  const { node, process: running, ...values } = plain(ownAnalyzer(identity));
  const elements = (of: unknown): string =>
    Object.entries(isRecord(of) ? of : {})
      .map(([name, value]) => `<${name}>${String(value)}</${name}>`)
      .join('');
  const attributes = Object.entries(values)
    .map(([name, value]) => ` ${name}="${String(value)}"`)
    .join('');
  const analyzer = `<Analyzer${attributes}><Node>${elements(node)}</Node><Process>${elements(running)}</Process></Analyzer>`;
  const document = (inside: string): Buffer =>
    Buffer.from(
      `<IDMEF-Message><Alert messageid="m">${inside}<CreateTime>2020-04-30T08:56:06Z</CreateTime></Alert></IDMEF-Message>`,
    );
  const [theirs, bare] = await Promise.all([
    oracle.ask(document(analyzer)),
    oracle.ask(document('')),
  ]);
  assert.ok(theirs.ok && bare.ok);
  assert.ok(theirs.frames.equals(withAnalyzerFirst(bare.frames, encodeAnalyzer(identity))));
  assert.equal(splitFrames(theirs.frames).length, 1);
});
