/** DATETIME and NTPSTAMP, as libprelude reads them in any zone. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { GatewayError } from '../../src/errors.ts';
import { Time } from '../../src/idmef/message.ts';
import { now, parseNtpstamp, parseTime, timeFromNtpstamp } from '../../src/idmef/time.ts';
import { mustRun } from '../helpers/run.ts';
import { Oracle } from '../oracle/oracle.ts';
import { Random } from './random.ts';
import { timeDocument } from './zone.ts';

const EPOCH = Date.UTC(2020, 3, 30, 8, 56, 6) / 1000;

function parse(text: string): { time: Time; notes: string[] } {
  const notes: string[] = [];
  return { time: parseTime(text, { note: (what) => notes.push(what) }), notes };
}

const READ: readonly [text: string, seconds: number, microseconds: number, offset: number][] = [
  ['2020-04-30T08:56:06Z', EPOCH, 0, 0],
  ['2020-04-30 08:56:06Z', EPOCH, 0, 0],
  ['2020-4-30T8:56:6Z', EPOCH, 0, 0],
  ['2020-04-30T10:56:06+02:00', EPOCH, 0, 7200],
  ['2020-04-30T05:26:06-03:30', EPOCH, 0, -12600],
  ['2020-04-30T05:26:06-03:-30', EPOCH, 0, -12600],
  ['2020-04-30T08:56:06.5Z', EPOCH, 500000, 0],
  ['2020-04-30T08:56:06,000001Z', EPOCH, 1, 0],
  ['2020-04-30T08:56:06.9999999Z', EPOCH, 999999, 0],
  ['2020- 4-30T 8:56: 6Z', EPOCH, 0, 0],
  ['2020-04-30T08: 56:\n06.5Z', EPOCH, 500000, 0],
  ['2020-04-30\t08:56:06Z', EPOCH, 0, 0],
  ['2020-04-30\n08:56:06Z', EPOCH, 0, 0],
  ['2020-04-30 T\r\n08:56:06Z', EPOCH, 0, 0],
  ['2020-04-30T09:56:06+ 1:00', EPOCH, 0, 3600],
  ['2020- 4-30 T', Date.UTC(2020, 3, 30) / 1000, 0, 0],
  ['2020-04-30T05:26:06- 3:\t30', EPOCH, 0, -12600],
  ['2020-04-29T24:00:00Z', Date.UTC(2020, 3, 30) / 1000, 0, 0],
  ['2020-12-31T24:00:00.000Z', Date.UTC(2021, 0, 1) / 1000, 0, 0],
  ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1) / 1000, 0, 0],
  ['2020-02-30T00:00:00Z', Date.UTC(2020, 2, 1) / 1000, 0, 0],
  ['2020-04-30', Date.UTC(2020, 3, 30) / 1000, 0, 0],
  ['2020-04-30T08:56:06Zulu', EPOCH, 0, 0],
  ['1970-01-01T00:00:00Z', 0, 0, 0],
  ['1969-12-31T23:00:00-01:00', 0, 0, -3600],
  ['2106-02-07T06:28:15Z', 2 ** 32 - 1, 0, 0],
  ['2106-02-07T07:28:15+01:00', 2 ** 32 - 1, 0, 3600],
];

for (const [text, seconds, microseconds, offset] of READ)
  test(`${text} is read`, () => {
    assert.deepEqual(parse(text).time, new Time(seconds, microseconds, offset));
  });

const REFUSED: readonly [text: string, why: RegExp][] = [
  ['', /not a time of the form/],
  ['2020-13-01T00:00:00Z', /not a time of the form/],
  ['2020-00-01T00:00:00Z', /not a time of the form/],
  ['2020-01-32T00:00:00Z', /not a time of the form/],
  ['20-01-01T00:00:00Z', /not a time of the form/],
  ['2020-01-01T00:00Z', /no time of the form/],
  ['2020 -01-01T00:00:00Z', /not a time of the form/],
  ['2020-01-01 TT00:00:00Z', /no time of the form/],
  ['2020-01-0100: 00:00Z', /no time of the form/],
  ['2020-01-01T00 :00:00Z', /no time of the form/],
  ['2020-01-01T00:00:00. 5Z', /no offset/],
  ['2020-01-01T00:00:00 Z', /no offset/],
  ['2020-01-01T00:00:00+01 :00', /no offset/],
  ['2020-01-01T24:00:01Z', /does not exist/],
  ['2020-01-01T23:60:00Z', /does not exist/],
  ['2020-01-01T23:59:62Z', /does not exist/],
  ['2020-01-01T23:59:59+0100', /no offset/],
  ['2020-01-01T23:59:59z', /no offset/],
  ['1969-12-31T23:59:59Z', /between 1970 and 2106/],
  ['1970-01-01T00:00:00+00:01', /between 1970 and 2106/],
  ['2106-02-07T06:28:16Z', /between 1970 and 2106/],
  ['0070-01-01T00:00:00Z', /between 1970 and 2106/],
  ['0070-01-01T00:00:00', /between 1970 and 2106/],
  ['9999-12-31T23:59:59Z', /between 1970 and 2106/],
];

for (const [text, why] of REFUSED)
  test(`${JSON.stringify(text)} is refused as a bad value`, () => {
    assert.throws(
      () => parse(text),
      (error) =>
        error instanceof GatewayError && error.code === 'bad-value' && why.test(error.message),
    );
  });

test('adaptations are reported', () => {
  assert.match(parse('2020-04-30T08:56:06.1234567Z').notes.join(), /^A2 /);
  assert.match(parse('2020-04-30T24:00:00Z').notes.join(), /^A3 /);
  assert.match(parse('2020-04-30T08:56:06-03:-30').notes.join(), /^A10 /);
  assert.match(parse('2020-04-30T08:56:06+ 1:00').notes.join(), /^A11 /);
  for (const text of [
    '2020-04-30T08:56:06.123456-03:30',
    '2020-04-30  8:56:06',
    '2020-04-30T 8:56:06Z - 5',
  ])
    assert.deepEqual(parse(text).notes, [], text);
});

test('an NTPSTAMP has two halves of 32 bits', () => {
  assert.deepEqual(parseNtpstamp('0xe2551126.0x80000000'), [0xe2551126, 0x80000000]);
  assert.deepEqual(parseNtpstamp('E2551126.1'), [0xe2551126, 1]);
  for (const text of ['', '0x1', '0x1.', '0x123456789.0x0', '0xg.0x0', '1.2.3', ' 1.1'])
    assert.equal(parseNtpstamp(text), undefined, text);
});

test('an NTPSTAMP is rounded to microseconds, into the next second if need be', () => {
  const time = (text: string): Time => timeFromNtpstamp(text, { note: () => undefined });
  assert.deepEqual(time('0xe2551126.0x00000000'), new Time(EPOCH, 0, 0));
  assert.deepEqual(time(' 0xe2551126.0x80000000\n'), new Time(EPOCH, 500000, 0));
  assert.deepEqual(time('0xe2551126.0xffffffff'), new Time(EPOCH + 1, 0, 0));
  assert.throws(() => time('0x00000000.0x00000000'), GatewayError);
});

test('now is now', () => {
  const before = Math.floor(Date.now() / 1000);
  const { seconds, microseconds } = now();
  assert.ok(seconds >= before && seconds <= Date.now() / 1000);
  assert.ok(microseconds >= 0 && microseconds < 1e6);
});

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Africa/Monrovia',
];
const TIMES = 2000;
const counts = { times: 0, equal: 0 };

after(() => {
  console.log(
    `times without offset ${counts.times} in ${ZONES.length} zones, equal ${counts.equal}, different ${counts.times - counts.equal}`,
  );
});

/** Times all over the years, more of them around the changes of summer time. */
function randomTimes(): string[] {
  const random = new Random(1);
  const anywhere = (): Date => new Date(Date.UTC(1971, 0, 2) + random.below(4_200_000) * 1_000_000);
  const spring = (): Date =>
    new Date(
      Date.UTC(
        1975 + random.below(125),
        2 + random.below(2),
        1 + random.below(31),
        random.below(5),
        random.below(60),
      ),
    );
  return Array.from({ length: TIMES }, () =>
    (random.oneIn(2) ? anywhere() : spring()).toISOString().slice(0, 19),
  );
}

/**
 * Whether the time comes once. Of the hour that comes twice when summer time ends, mktime takes the
 * one nearer to what it converted before.
 */
function comesOnce(text: string, zone: string): boolean {
  const wall = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const utc = Date.parse(`${text}Z`);
  const instants = new Set<number>();
  for (let quarter = -64; quarter <= 64; quarter++) {
    const instant = utc + quarter * 900_000;
    if (wall.format(instant).replace(' ', 'T') === text) instants.add(instant);
  }
  return instants.size < 2;
}

for (const zone of ZONES)
  test(`a time without offset is local time, as libprelude takes it: ${zone}`, async () => {
    const times = randomTimes().filter((text) => comesOnce(text, zone));
    const child = fileURLToPath(new URL('./zone.js', import.meta.url));
    const ours = (
      await mustRun('/usr/bin/env', [`TZ=${zone}`, process.execPath, child], {
        input: times.join('\n'),
      })
    )
      .trim()
      .split('\n');
    const oracle = new Oracle(zone);
    try {
      for (const [index, text] of times.entries()) {
        counts.times++;
        const verdict = await oracle.ask(timeDocument(text));
        assert.ok(verdict.ok);
        assert.equal(ours[index], verdict.frames.toString('hex'), text);
        counts.equal++;
      }
    } finally {
      await oracle.stop();
    }
  });
