/** What is adapted so that Prelude can hold it is reported with its path; what arrives is right. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRecord } from '../helpers/narrow.ts';
import { plainMessages, refusal, take } from './reading.ts';

const document = (inside: string): Buffer =>
  Buffer.from(
    `<IDMEF-Message><Alert><CreateTime>2020-04-30T08:56:06Z</CreateTime>${inside}</Alert></IDMEF-Message>`,
  );

const CASES: readonly [inside: string, path: string, what: RegExp][] = [
  ['<Target><File fstype="tmpfs"/></Target>', 'alert.target(0).file(0)', /^A1 "tmpfs"/],
  ['<DetectTime>2020-04-30T08:56:06.1234567Z</DetectTime>', 'alert.detect_time', /^A2 /],
  ['<DetectTime>2020-04-30T24:00:00Z</DetectTime>', 'alert.detect_time', /^A3 /],
  ['<Assessment><Confidence>0,5</Confidence></Assessment>', 'alert.assessment.confidence', /^A4 /],
  [
    '<Source/><Source><Service><port>0080</port></Service></Source>',
    'alert.source(1).service.port',
    /^A5 /,
  ],
  ['<AdditionalData type="string"/>', 'alert.additional_data(0)', /^A6 /],
  [
    '<Target><Service><SNMPService><community>c</community></SNMPService></Service></Target>',
    'alert.target(0).service.snmp_service',
    /^A7 /,
  ],
  [
    '<AdditionalData>x</AdditionalData><AdditionalData type="byte">x</AdditionalData>',
    'alert.additional_data(1)',
    /^A8 "x" is no byte/,
  ],
  ['<DetectTime ntpstamp="0xe2551126.0x0"/>', 'alert.detect_time', /^A9 /],
  ['<DetectTime>2020-04-30T08:56:06-03:-30</DetectTime>', 'alert.detect_time', /^A10 /],
  ['<DetectTime>2020- 4-30T08:56:06Z</DetectTime>', 'alert.detect_time', /^A11 blanks .*"2020- 4/],
  [
    '<Assessment><Confidence>1e-400</Confidence></Assessment>',
    'alert.assessment.confidence',
    /^A12 /,
  ],
  [
    '<Source><Service><WebService/><SNMPService/></Service></Source>',
    'alert.source(0).service',
    /WebService dropped/,
  ],
  ['<ToolAlert><name>n</name></ToolAlert><OverflowAlert/>', 'alert', /ToolAlert dropped/],
];

for (const [inside, path, what] of CASES)
  test(`${path}: ${what.source} is reported with its place`, () => {
    const { adaptations } = take({ pieces: [document(inside)] });
    assert.equal(adaptations.length, 1);
    const [only] = adaptations;
    assert.equal(only?.path, path);
    assert.match(only.what, what);
    assert.equal(only.position.line, 1);
    assert.ok(only.position.column > 1);
  });

test('adaptations of one message are not reported with the next', () => {
  const one = '<Heartbeat><CreateTime>2020-04-30T24:00:00Z</CreateTime></Heartbeat>';
  const { adaptations } = take({
    pieces: [Buffer.from(`<IDMEF-Message>${one}${one}</IDMEF-Message>`)],
  });
  assert.deepEqual(
    adaptations.map(({ path }) => path),
    ['heartbeat.create_time', 'heartbeat.create_time'],
  );
});

/** type and data of the only AdditionalData */
function additionalData(xml: string): unknown[] {
  const [message] = plainMessages(document(xml));
  assert.ok(isRecord(message) && isRecord(message['Alert']));
  const list = message['Alert']['additional_data'] ?? [];
  assert.ok(Array.isArray(list));
  return list.flatMap((one: unknown) => (isRecord(one) ? [one['type'], one['data']] : []));
}

const VALUES: readonly [type: string, text: string, kept: string, data: string][] = [
  ['string', ' a ', 'string', ' a '],
  ['portlist', ' 1-5 ', 'portlist', '1-5'],
  ['date-time', 'whenever', 'date-time', 'whenever'],
  ['integer', '-9223372036854775808', 'integer', '-9223372036854775808'],
  ['integer', '0x1a2B', 'integer', '6699'],
  ['integer', '9223372036854775808', 'string', '9223372036854775808'],
  ['integer', '-9223372036854775809', 'string', '-9223372036854775809'],
  ['integer', 'twelve', 'string', 'twelve'],
  ['real', '1,50', 'real', '1.50'],
  ['real', 'pi', 'string', 'pi'],
  ['boolean', 'TRUE', 'boolean', '1'],
  ['boolean', '0', 'boolean', '0'],
  ['boolean', 'yes', 'string', 'yes'],
  ['byte', '255', 'byte', '255'],
  ['byte', '/w==', 'byte', '255'],
  ['byte', '256', 'string', '256'],
  ['byte', '-1', 'string', '-1'],
  ['character', 'a', 'character', '97'],
  ['character', 'é', 'string', 'é'],
  ['byte-string', 'QU\nJD', 'byte-string', 'QUJD'],
  ['byte-string', 'no!', 'string', 'no!'],
  ['ntpstamp', '0xe2551126.0x1', 'ntpstamp', String(BigInt.asIntN(64, 0xe255112600000001n))],
  ['ntpstamp', 'now', 'string', 'now'],
  ['xml', ' <![CDATA[<a/>]]> ', 'xml', '<a/>'],
  ['xmltext', '<a/>', 'xml', '<a></a>'],
];

for (const [type, text, kept, data] of VALUES)
  test(`AdditionalData of type ${type}: ${JSON.stringify(text)} is kept as ${kept}, in both styles`, () => {
    const rfc = `<AdditionalData type="${type}"><${type}>${text}</${type}></AdditionalData>`;
    const bare = `<AdditionalData><${type}>${text}</${type}></AdditionalData>`;
    const draft = `<AdditionalData type="${type}">${text}</AdditionalData>`;
    for (const style of [rfc, bare, draft])
      assert.deepEqual(additionalData(style), [kept, data], style);
  });

test('AdditionalData without a type is a string', () => {
  assert.deepEqual(additionalData('<AdditionalData> 12 </AdditionalData>'), ['string', ' 12 ']);
});

test('AdditionalData without content is left out, whatever its type', () => {
  for (const type of ['string', 'integer', 'xml', 'BYTE'])
    for (const content of ['', '<!-- -->', ' \n'])
      assert.deepEqual(
        additionalData(`<AdditionalData type="${type}">${content}</AdditionalData>`),
        [],
      );
});

test('AdditionalData of an unknown type is refused even without content', () => {
  assert.equal(refusal({ pieces: [document('<AdditionalData type="json"/>')] })?.code, 'bad-value');
});
