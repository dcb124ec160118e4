/** Random documents of every class, in any style, against the libprelude that is installed. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { IDMEF_CLASSES } from '../../src/idmef/classes.ts';
import { Oracle } from '../oracle/oracle.ts';
import { anyDocument } from './arbitrary-document.ts';
import { mutate } from './mutate.ts';
import { corpusDocuments } from './fixtures.ts';
import { Random } from './random.ts';
import { atRandom, outcome } from './reading.ts';
import { writeXml } from './xml-style.ts';
import type { XmlElement } from './xml-tree.ts';

/** Every attribute and child of every class, as `Class/name`. */
function allPlaces(): string[] {
  return [...IDMEF_CLASSES.values()].flatMap(({ xml, attributes, children }) =>
    [...attributes.keys(), ...children.keys()].map((name) => `${xml}/${name}`),
  );
}

function addPlaces(element: XmlElement, places: Set<string>): void {
  for (const [name] of element.attributes) places.add(`${element.name}/${name}`);
  for (const child of element.children) {
    if (typeof child === 'string') continue;
    places.add(`${element.name}/${child.name}`);
    addPlaces(child, places);
  }
}

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 2000);

/** cutting needs no oracle and is quick */
const CUTS = 5;

const oracle = new Oracle();

after(async () => {
  await oracle.stop();
});

const seed = fc.integer({ min: 0 });

test("random documents give libprelude's bytes", async () => {
  let count = 0;
  let equal = 0;
  let bytes = 0;
  const places = new Set<string>();
  const property = fc.asyncProperty(anyDocument, seed, async (document, style) => {
    const written = writeXml(document, style);
    addPlaces(document, places);
    count++;
    bytes += written.length;
    const verdict = await oracle.ask(written);
    const ours = outcome({ pieces: atRandom(written, new Random(style)) });
    const theirs = verdict.ok ? verdict.frames.toString('hex') : verdict.error;
    assert.equal(ours, theirs, written.toString());
    equal++;
  });
  try {
    await fc.assert(property, { numRuns: RUNS, endOnFailure: false });
  } finally {
    console.log(
      `random documents ${count}, equal ${equal}, different ${count - equal} (${bytes} bytes)`,
    );
  }
  const missing = allPlaces().filter((place) => !places.has(place));
  assert.deepEqual(missing, [], 'what no random document had');
});

test('cutting never changes the frames, nor the error and its place', (t) => {
  // a message without CreateTime gets the present time
  t.mock.timers.enable({ apis: ['Date'], now: 1_600_000_000_000 });
  const documents = corpusDocuments().filter(({ bytes }) => bytes.length < 10_000);
  let refused = 0;
  const property = fc.property(seed, fc.nat(documents.length - 1), (number, index) => {
    const random = new Random(number);
    const document = documents[index]?.bytes ?? Buffer.alloc(0);
    const bytes = mutate(document, document, random);
    const whole = outcome({ pieces: [bytes] });
    if (!/^[0-9a-f]*$/.test(whole)) refused++;
    assert.equal(outcome({ pieces: atRandom(bytes, random) }), whole);
  });
  fc.assert(property, { numRuns: RUNS * CUTS });
  console.log(`documents cut at random ${RUNS * CUTS}, of which refused ${refused}, different 0`);
});
