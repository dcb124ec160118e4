/** Texts to values: ranges, forms, adaptations; floats as libprelude rounds them. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { GatewayError } from '../../src/errors.ts';
import { IDMEF_CLASSES, type ValueField } from '../../src/idmef/classes.ts';
import { Data } from '../../src/idmef/message.ts';
import { parseBase64, parseInteger, parseReal, parseValue } from '../../src/idmef/values.ts';
import { Oracle } from '../oracle/oracle.ts';
import { Random } from './random.ts';
import { outcome } from './reading.ts';

function field(className: string, name: string): ValueField {
  const found = IDMEF_CLASSES.get(className)?.fields.find((candidate) => candidate.name === name);
  assert.equal(found?.kind, 'value');
  return found;
}

function parse(where: ValueField, text: string): { value: unknown; notes: string[] } {
  const notes: string[] = [];
  const value = parseValue(where, text, { note: (what) => notes.push(what) });
  return { value, notes };
}

const port = field('Service', 'port');
const ipVersion = field('Service', 'ip_version');
const pid = field('Process', 'pid');
const vlan = field('Address', 'vlan_num');
const size = field('File', 'data_size');
const fstype = field('File', 'fstype');
const severity = field('Impact', 'severity');
const confidence = field('Confidence', 'confidence');
const buffer = field('OverflowAlert', 'buffer');
const location = field('Node', 'location');

const GOOD: readonly (readonly [where: ValueField, text: string, value: unknown])[] = [
  [port, '0', 0],
  [port, '65535', 65535],
  [port, ' \t80\r\n', 80],
  [port, '+80', 80],
  [port, '-0', 0],
  [port, '0x1F', 31],
  [port, '0080', 80],
  [port, '00000000000080', 80],
  [ipVersion, '255', 255],
  [pid, '4294967295', 4294967295],
  [vlan, '-2147483648', -2147483648],
  [vlan, '2147483647', 2147483647],
  [vlan, '-0x10', -16],
  [size, '0', 0n],
  [size, '7', 7n],
  [size, '18446744073709551615', 18446744073709551615n],
  [size, '0xffffffffffffffff', 18446744073709551615n],
  [severity, 'high', 4],
  [severity, ' HIGH\n', 4],
  [fstype, 'NTFS', 5],
  [confidence, '0.5', 0.5],
  [confidence, '.5', 0.5],
  [confidence, '5.', 5],
  [confidence, '-1E2', -100],
  [confidence, '1e-50', 1e-50],
  [location, ' as it is \n', ' as it is \n'],
  [location, '', undefined],
  [buffer, '', undefined],
  [buffer, ' \n', undefined],
  [buffer, 'QUJD', new Data({ type: 'byte-string', value: Buffer.from('ABC') })],
  [buffer, ' QU JD\n', new Data({ type: 'byte-string', value: Buffer.from('ABC') })],
  [buffer, ' no base64! ', new Data({ type: 'char-string', value: 'no base64!' })],
];

for (const [where, text, value] of GOOD)
  test(`${where.name} takes ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parse(where, text).value, value);
  });

const BAD: readonly (readonly [where: ValueField, text: string])[] = [
  ...['', '65536', '-1', '4294967376', '80.0', '80 443', '8O', '0x', '0xg', '1e3', '+-1', '٣'].map(
    (text) => [port, text] as const,
  ),
  [ipVersion, '256'],
  [pid, '4294967296'],
  [vlan, '2147483648'],
  [vlan, '-2147483649'],
  [size, '18446744073709551616'],
  [size, '-1'],
  [size, '9'.repeat(41)],
  ...['', '4', 'highest', 'hi gh'].map((text) => [severity, text] as const),
  ...[
    '',
    '.',
    ',',
    '-',
    'e5',
    '1e',
    '1e+',
    '1.2.3',
    '1,2.3',
    'nan',
    'inf',
    'Infinity',
    '0x1p3',
    '0x10',
    '1e39',
    '-1e39',
    '3.4028236e38',
    '1_0',
    '1 0',
  ].map((text) => [confidence, text] as const),
];

for (const [where, text] of BAD)
  test(`${where.name} refuses ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parse(where, text),
      (error) => error instanceof GatewayError && error.code === 'bad-value',
    );
  });

test('only ASCII letters lose their case: the Kelvin sign is no k', () => {
  const linkage = field('Linkage', 'category');
  assert.equal(parse(linkage, 'HARD-LINK').value, 1);
  assert.throws(() => parse(linkage, 'hard-lin\u212a'), GatewayError);
});

test('an unknown file system is dropped with a note', () => {
  const { value, notes } = parse(fstype, 'tmpfs');
  assert.equal(value, 0);
  assert.match(notes.join(), /^A1 "tmpfs"/);
});

test('adaptations are reported, and nothing else', () => {
  assert.match(parse(confidence, '0,5').notes.join(), /^A4 /);
  assert.match(parse(port, '0080').notes.join(), /^A5 /);
  for (const [where, text] of [
    [port, '0'],
    [port, '0x050'],
    [confidence, '0.5'],
    [severity, 'LOW'],
  ] as const)
    assert.deepEqual(parse(where, text).notes, [], text);
});

test('an integer is of base 10 or 16 and of any size up to 40 digits', () => {
  assert.equal(parseInteger(`-${'9'.repeat(40)}`), -BigInt('9'.repeat(40)));
  assert.equal(parseInteger('9'.repeat(41)), undefined);
  assert.equal(parseInteger(' 1'), undefined);
});

test('a real number keeps its digits, with a point for a comma', () => {
  assert.equal(parseReal('1,50'), '1.50');
  assert.equal(parseReal('0,1,2'), undefined);
});

test('base64 is taken only if it is canonical', () => {
  const taken = (text: string): string | undefined => {
    const bytes = parseBase64(text);
    return bytes && Buffer.from(bytes).toString('latin1');
  };
  assert.equal(taken('QQ=='), 'A');
  assert.equal(taken('QUI='), 'AB');
  assert.equal(taken('+/+/'), '\xfb\xff\xbf');
  for (const text of [
    '',
    ' ',
    'Q',
    'QQ',
    'QQ=',
    'QQ===',
    'QR==',
    'QUJ=',
    '=QQ=',
    'Q=Q=',
    'QQ==QQ==',
    '-_-_',
    'QUJ!',
    'QUJDé',
  ])
    assert.equal(taken(text), undefined, text);
});

const oracle = new Oracle();
const counts = { floats: 0, equal: 0 };

after(async () => {
  await oracle.stop();
  console.log(
    `floats ${counts.floats}, equal ${counts.equal}, different ${counts.floats - counts.equal}`,
  );
});

function document(text: string): Buffer {
  return Buffer.from(
    `<IDMEF-Message><Alert><CreateTime>2020-04-30T08:56:06Z</CreateTime><Assessment><Confidence>${text}</Confidence></Assessment></Alert></IDMEF-Message>`,
  );
}

async function sameFloat(text: string): Promise<void> {
  counts.floats++;
  const verdict = await oracle.ask(document(text));
  const ours = outcome({ pieces: [document(text)] });
  assert.equal(ours, verdict.ok ? verdict.frames.toString('hex') : verdict.error, text);
  counts.equal++;
}

/** The exact decimal digits of a double between 2^-30 and 2^60. */
function exactly(value: number): string {
  const scaled = BigInt(value * 2 ** 83);
  const whole = scaled >> 83n;
  let rest = scaled - (whole << 83n);
  let fraction = '';
  for (; rest > 0n; rest &= (1n << 83n) - 1n) {
    rest *= 10n;
    fraction += (rest >> 83n).toString();
  }
  return `${whole}.${fraction}`;
}

test('decimals are rounded to 32 bits as libprelude does: to 64 bits first', async () => {
  // nearer to one float by itself, but as a double right between two
  await sameFloat('1.00000017881393421514957253748434595763683319091796875001');
  await sameFloat('1.00000017881393432617187499');
  await sameFloat('1.00000017881393432617187501');
  const random = new Random(1);
  const view = new DataView(new ArrayBuffer(4));
  for (let run = 0; run < 1000; run++) {
    view.setUint32(0, 0x38000000 + random.below(0x10000000));
    const low = view.getFloat32(0);
    view.setUint32(0, view.getUint32(0) + 1);
    const middle = exactly((low + view.getFloat32(0)) / 2);
    await sameFloat(middle);
    await sameFloat(`${middle}${'0'.repeat(random.below(30))}1`);
  }
});

test('the largest, the smallest and the denormal floats', async () => {
  for (const text of [
    '3.4028234663852886e38',
    '-3.4028235e38',
    '1.17549435e-38',
    '1.17549428e-38',
    '1e-40',
    '1.4e-45',
    '7.1e-46',
    '7.0e-46',
    '1e-50',
    '1e-300',
    '-0',
    '0e99999',
    '1e0000000000001',
  ])
    await sameFloat(text);
});
