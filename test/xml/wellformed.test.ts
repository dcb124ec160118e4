/** What is well-formed XML, against xmllint; and what it says, against expat. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { run } from '../helpers/run.ts';
import { tempFolder } from '../helpers/temp.ts';
import { tool } from '../helpers/tools.ts';
import { Oracle } from '../oracle/oracle.ts';
import { refusal, take } from '../idmef/reading.ts';
import { XML_CASES } from './xml-cases.ts';

/** Cases where the gateway decides otherwise than xmllint, and why. */
const FIRST = 'that it is no IDMEF shows first';
const ENTITY = 'entity declarations are refused on purpose';
const LAX = 'XML 1.0 forbids it, xmllint lets it pass';
const URI = 'xmllint wants a URI, Namespaces in XML leaves that to applications';
const OTHERWISE: Readonly<Record<string, string>> = {
  'content "<a xmlns:b=\\"u v\\"/>"': URI,
  'content "<a xmlns:b=\\"%\\"/>"': URI,
  'content "<a xmlns:b=\\"&#32;\\"/>"': URI,
  'tag " /"': FIRST,
  'tag "/"': FIRST,
  'tag " meaning=\\"b\\"/"': FIRST,
  'before "<a/>"': FIRST,
  'before "<?xml version=\\"1.\\"?>"': LAX,
  'before "<?xml version=\\"1.0\\" encoding=\\"utf-8\\"standalone=\\"yes\\"?>"': LAX,
  'before "<!DOCTYPEa>"': LAX,
  'behind "\\u0000"': 'xmllint takes NUL for the end of the document',
  'subset "<!ELEMENT a EMPTY> <!ELEMENT a EMPTY>"': 'of validity only, which is not looked at',
  'subset "<!ATTLIST q xmlns:p CDATA \\"\\">"': 'xmllint does not look at namespaces here',
  'subset "<!ENTITY a \\"b\\">"': ENTITY,
  'subset "<!ENTITY a SYSTEM \\"b\\">"': ENTITY,
  'subset "<!ENTITY % a \\"b\\">"': ENTITY,
  'subset "<!ENTITY lt \\"&#38;#60;\\">"': ENTITY,
  'UTF-16LE cut inside a character': LAX,
};

/** Well-formed cases that expat refuses, and why. */
const NAMES = 'expat has the names of older editions';
const REFUSED_BY_EXPAT: Readonly<Record<string, string>> = {
  'content "<a\u2070/>"': NAMES,
  'content "<\u037f/>"': NAMES,
  'content "<\ufffd/>"': NAMES,
  'content "<\u{10000}/>"': NAMES,
  'content "<a\u{1f600}/>"': NAMES,
};

const folder = tempFolder({ after });
const oracle = new Oracle();
const counts = { wellFormed: 0, malformed: 0, otherwise: 0, sameValue: 0, read: 0 };

after(async () => {
  await oracle.stop();
  const { wellFormed, malformed, otherwise, sameValue, read } = counts;
  console.log(
    `XML cases ${XML_CASES.length}, both accept ${wellFormed} (values compared ${read}, equal ${sameValue}), ` +
      `both refuse ${malformed}, otherwise for a reason ${otherwise}, ` +
      `different ${XML_CASES.length - wellFormed - malformed - otherwise}`,
  );
});

/** Whether xmllint finds the document well-formed, namespaces included. */
async function isWellFormed(document: Buffer, index: number): Promise<boolean> {
  const xmllint = tool('xmllint', 'libxml2-utils');
  const file = join(folder, `${index}.xml`);
  writeFileSync(file, document);
  const { code, stderr } = await run(xmllint, ['--noout', '--nonet', file]);
  // namespace errors do not show in the exit status
  return code === 0 && !stderr.includes(' error : ');
}

XML_CASES.forEach(({ name, document }, index) => {
  test(name, async () => {
    const theirs = await isWellFormed(document, index);
    const error = refusal({ pieces: [document] });
    // what is well-formed may yet be no IDMEF
    const ours = error === undefined || error.code === 'not-idmef' || error.code === 'bad-value';
    if (OTHERWISE[name] !== undefined) {
      assert.notEqual(ours, theirs, `no longer otherwise: ${OTHERWISE[name]}`);
      counts.otherwise++;
      return;
    }
    assert.equal(ours, theirs, error?.describe() ?? 'accepted');
    if (theirs) counts.wellFormed++;
    else counts.malformed++;
    if (error !== undefined) return;
    const verdict = await oracle.ask(document);
    if (REFUSED_BY_EXPAT[name] !== undefined) {
      assert.ok(!verdict.ok, `no longer refused by expat: ${REFUSED_BY_EXPAT[name]}`);
      return;
    }
    assert.ok(verdict.ok, verdict.ok ? '' : verdict.error);
    counts.read++;
    assert.ok(verdict.frames.equals(take({ pieces: [document] }).frames), 'another value');
    counts.sameValue++;
  });
});
