/** Every document of corpus/bad gets the verdict of EXPECTED.md, at the place that it names. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { ErrorCode, GatewayError } from '../../src/errors.ts';
import { readExpected, type Expected } from './expected.ts';
import { badDocuments } from './fixtures.ts';
import { inPieces, outcome, refusal } from './reading.ts';

const documents = badDocuments();
const expected = readExpected();
let asExpected = 0;

after(() => {
  const otherwise = documents.length - asExpected;
  console.log(
    `bad documents ${documents.length}, as expected ${asExpected}, otherwise ${otherwise}`,
  );
});

const CODES: Readonly<Record<string, ErrorCode>> = {
  'Not well-formed, or no XML': 'malformed-xml',
  'Entities and DTDs': 'entity-declared',
  Structure: 'not-idmef',
  Enumerations: 'bad-value',
  Numbers: 'bad-value',
  Times: 'bad-value',
};

function codeOf({ section, oracle }: Expected): ErrorCode | undefined {
  if (oracle.startsWith('accepted')) return undefined;
  if (oracle.includes('the undeclared entity')) return 'malformed-xml';
  const code = CODES[section];
  assert.ok(code, `no code for the section ${section}`);
  return code;
}

/** Lines where the gateway says where something begins and expat where it ends. */
const OTHER_LINES: Readonly<Record<string, number>> = { 'unclosed-cdata.xml': 3 };

/** The text from a place on. */
function textAt(bytes: Buffer, { line, column }: { line: number; column: number }): string {
  const lines = bytes.toString('latin1').split(/\r\n?|\n/);
  return (lines[line - 1] ?? '').slice(column - 1);
}

function checkPlace(name: string, bytes: Buffer, { oracle }: Expected, error: GatewayError): void {
  const [, line, rest = ''] = /\bline (\d+), (?=<|column)(.*)/.exec(oracle) ?? [];
  if (line === undefined) return;
  const { position } = error;
  assert.ok(position, 'no place');
  assert.equal(position.line, OTHER_LINES[name] ?? Number(line));
  const element = /^<([^>]*)>/.exec(rest)?.[1];
  const tag = new RegExp(`^<(?:\\w+:)?${element ?? ''}\\b`);
  if (element !== undefined) assert.match(textAt(bytes, position), tag);
  // expat counts from 0 and stands at the fault itself, the gateway at most one behind it
  const column = /^column (\d+)/.exec(rest)?.[1];
  if (column !== undefined && OTHER_LINES[name] === undefined)
    assert.ok(position.column >= 1 && position.column <= Number(column) + 1, rest);
}

test('EXPECTED.md names every document, and no other', () => {
  assert.deepEqual(
    [...expected.keys()].sort(),
    documents.map(({ name }) => name),
  );
});

for (const { name, bytes } of documents) {
  test(`bad/${name} gets the verdict and the place of EXPECTED.md`, () => {
    const wanted = expected.get(name);
    assert.ok(wanted);
    const error = refusal({ pieces: [bytes] });
    assert.equal(error?.code, codeOf(wanted), error?.describe());
    if (error !== undefined) checkPlace(name, bytes, wanted, error);
    asExpected++;
  });

  // its time is the present one
  if (name === 'accepted-no-createtime.xml') continue;
  test(`bad/${name} gets the same answer byte by byte`, () => {
    assert.equal(outcome({ pieces: inPieces(bytes, 1) }), outcome({ pieces: [bytes] }));
  });
}

test('a value that is refused is named by its IDMEF path', () => {
  const document = documents.find(({ name }) => name === 'value-port-name.xml');
  assert.ok(document);
  assert.equal(
    refusal({ pieces: [document.bytes] })?.describe(),
    'line 3, column 146: alert.target(0).service.port: "http" is not a number from 0 to 65535',
  );
});
