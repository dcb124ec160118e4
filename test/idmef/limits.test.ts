/** Limits: what is just within and what is just beyond, and what the refusal says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inPieces, refusal } from './reading.ts';

const heartbeat = (inside: string, attributes = ''): string =>
  `<IDMEF-Message><Heartbeat${attributes}><CreateTime>2020-04-30T08:56:06Z</CreateTime>${inside}</Heartbeat></IDMEF-Message>`;

const xml = (inside: string): string =>
  heartbeat(`<AdditionalData type="xml"><xml>${inside}</xml></AdditionalData>`);

/** IDMEF-Message, Heartbeat, AdditionalData and xml are four. */
const nested = (depth: number): string => xml('<q>'.repeat(depth - 4) + '</q>'.repeat(depth - 4));

const attributes = (count: number): string =>
  xml(`<q${Array.from({ length: count }, (_, index) => ` a${index}=""`).join('')}/>`);

const names = (length: number): string => xml(`<q ${'a'.repeat(length - 1)}=""/>`);

/** Heartbeat, CreateTime, AdditionalData and xml are four. */
const elements = (count: number): string => xml('<q/>'.repeat(count - 4));

const doctype = (length: number): string => {
  const [before, behind] = ['<!DOCTYPE a [', ']>'];
  return before + ' '.repeat(length - before.length - behind.length) + behind + heartbeat('');
};

/** ` a="…"` is added to each of the elements. */
const defaults = (length: number): string =>
  `<!DOCTYPE a [<!ATTLIST q a CDATA "${'v'.repeat(1019)}">]>${xml('<q/>'.repeat(length / 1024))}`;

const LIMITS: readonly [
  what: string,
  make: (size: number) => string,
  limit: number,
  message: RegExp,
  step?: number,
][] = [
  ['nesting', nested, 100, /elements are nested more than 100 deep/],
  ['attributes of an element', attributes, 1000, /<q> has more than 1000 attributes/],
  ['names of an element', names, 65536, /the names of one element exceed 65536 characters/],
  ['elements of a message', elements, 50000, /a message of more than 50000 elements/],
  ['the document type', doctype, 65536, /document type declaration is longer than 65536/],
  [
    'what attribute defaults add',
    defaults,
    1024 * 1024,
    /attribute defaults add more than 1048576/,
    1024,
  ],
];

for (const [what, make, limit, message, step = 1] of LIMITS) {
  test(`${what}: ${limit} is taken`, () => {
    assert.equal(refusal({ pieces: [Buffer.from(make(limit))] })?.describe(), undefined);
  });

  test(`${what}: ${limit + step} is refused, however it is cut`, () => {
    const document = Buffer.from(make(limit + step));
    for (const size of [document.length, 1000]) {
      const error = refusal({ pieces: inPieces(document, size) });
      assert.equal(error?.code, 'limit-exceeded');
      assert.match(error.message, message);
      assert.ok(error.position);
    }
  });
}

test('the limit of elements is for each message, not for the document', () => {
  const one = elements(50000).replace(/^<IDMEF-Message>|<\/IDMEF-Message>$/g, '');
  const document = `<IDMEF-Message>${one}${one}</IDMEF-Message>`;
  assert.equal(refusal({ pieces: [Buffer.from(document)] }), undefined);
});
