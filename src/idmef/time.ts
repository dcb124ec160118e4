/**
 * DATETIME (RFC 4765, 3.2.6) and NTPSTAMP (3.2.7) as libprelude reads them
 * (idmef_time_set_from_string, measured with 5.2.0): a date, then T or blanks, a clock with an
 * optional fraction, and an offset, behind which anything is ignored.
 */
import { GatewayError } from '../errors.ts';
import { Time } from './message.ts';
import { quote, trim, type Notes } from './text.ts';

const DATE = '(\\d{4})-(\\d{1,2})-(\\d{1,2})';
const CLOCK = '(?:T *| +)(\\d{1,2}):(\\d{1,2}):(\\d{1,2})(?:[.,](\\d+))?';
const OFFSET = '(?:Z|([+-])(\\d{1,2}):(-?)(\\d{1,2}))[^]*';
/** the clock may be missing, then the offset, too */
const DATETIME = new RegExp(`^${DATE}(?:${CLOCK}(${OFFSET})?)?`);
const BLANK = /[ \t\r\n]/;
/** before numbers that have others before them */
const BLANKS = /([-+:])[ \t\r\n]+(?=\d)/g;
/** between date and clock, but for those that CLOCK takes */
const DELIMITER = /^([\d-]+)(?!T *\d| +\d)(?:[ \t\r\n]+(?:T[ \t\r\n]*)?|T[ \t\r\n]*)(?=\d|$)/;
const NTPSTAMP = /^(?:0x)?([0-9a-f]{1,8})\.(?:0x)?([0-9a-f]{1,8})$/i;
const SECONDS_LIMIT = 2 ** 32;
/** seconds from 1900, where NTP counts from, to 1970 */
const NTP_EPOCH = 2208988800;

/** The two 32-bit halves of an NTPSTAMP; undefined where it is none. */
export function parseNtpstamp(text: string): readonly [number, number] | undefined {
  const match = NTPSTAMP.exec(text);
  if (match === null) return undefined;
  const [, seconds = '', fraction = ''] = match;
  return [parseInt(seconds, 16), parseInt(fraction, 16)];
}

function bad(text: string, wanted: string): GatewayError {
  return new GatewayError('bad-value', `${quote(text)} ${wanted}`);
}

function inRange(seconds: number, microseconds: number, offset: number, text: string): Time {
  if (seconds < 0 || seconds >= SECONDS_LIMIT)
    throw bad(text, 'is not between 1970 and 2106, the range that Prelude can hold');
  return new Time(seconds, microseconds, offset);
}

/** As libprelude does, which reads with strptime and sscanf, it takes blanks before numbers (A11). */
function withoutBlanks(text: string, notes: Notes): string {
  const packed = text.replace(BLANKS, '$1').replace(DELIMITER, '$1T');
  if (packed !== text) notes.note(`A11 blanks in the time ${quote(text)}, left out`);
  return packed;
}

function microsecondsOf(fraction: string, notes: Notes): number {
  if (fraction.length > 6) notes.note('A2 fraction of a second cut to six digits');
  return Number(fraction.slice(0, 6).padEnd(6, '0'));
}

/**
 * A DATETIME, trimmed. Without an offset it is local time of this host; a date alone is midnight
 * UTC; days up to 31 run over into the next month.
 * @throws GatewayError bad-value, without a place
 */
export function parseTime(text: string, notes: Notes): Time {
  const strict = DATETIME.exec(text);
  const match =
    strict?.[8] === undefined && BLANK.test(text)
      ? DATETIME.exec(withoutBlanks(text, notes))
      : strict;
  const [year, month, day] = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3])];
  if (match === null || month < 1 || month > 12 || day < 1 || day > 31)
    throw bad(text, 'is not a time of the form YYYY-MM-DDThh:mm:ss+hh:mm');
  const rest = match.input.slice(match[0].length);
  if (match[4] === undefined) {
    if (!/^(?:T *| *)$/.test(rest)) throw bad(text, 'has no time of the form Thh:mm:ss');
    return inRange(utc(year, month, day, 0, 0, 0), 0, 0, text);
  }
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6])];
  const microseconds = match[7] === undefined ? 0 : microsecondsOf(match[7], notes);
  const midnight = hour === 24 && minute === 0 && second === 0 && microseconds === 0;
  if (midnight) notes.note('A3 24:00:00 is 00:00:00 of the next day');
  // a leap second is 60; libprelude takes 61, too
  if ((hour > 23 && !midnight) || minute > 59 || second > 61)
    throw bad(text, 'has a time that does not exist');
  const wall = utc(year, month, day, hour, minute, second);
  if (match[8] === undefined) {
    if (rest !== '') throw bad(text, 'has no offset of the form Z, +hh:mm or -hh:mm');
    const local = new Date(year, month - 1, day, hour, minute, second);
    // Date takes years below 100 for 19xx
    const seconds = year < 1900 ? -1 : Math.floor(local.getTime() / 1000);
    // as libprelude does; in the hour that summer time leaves out it is the one of winter
    return inRange(seconds, microseconds, wall - seconds, text);
  }
  if (match[11] === '-') notes.note(`A10 offset ${match[8]} as xmlmod writes it`);
  const size = Number(match[10] ?? 0) * 3600 + Number(match[12] ?? 0) * 60;
  const offset = match[9] === '-' ? -size : size;
  return inRange(wall - offset, microseconds, offset, text);
}

function utc(year: number, month: number, day: number, h: number, m: number, s: number): number {
  // Date.UTC takes years below 100 for 19xx: they are out of range either way.
  return year < 1000 ? -1 : Date.UTC(year, month - 1, day, h, m, s) / 1000;
}

/**
 * The time that a ntpstamp attribute gives to an element without text (A9), rounded to
 * microseconds, in UTC.
 * @throws GatewayError bad-value, without a place
 */
export function timeFromNtpstamp(raw: string, notes: Notes): Time {
  const text = trim(raw);
  const halves = parseNtpstamp(text);
  if (halves === undefined) throw bad(text, 'is not an ntpstamp of the form 0xhhhhhhhh.0xhhhhhhhh');
  notes.note('A9 the ntpstamp stands for the missing text');
  const [seconds, fraction] = halves;
  const microseconds = Math.floor((fraction * 1e6 + 2 ** 31) / SECONDS_LIMIT);
  const whole = seconds - NTP_EPOCH + Math.floor(microseconds / 1e6);
  return inRange(whole, microseconds % 1e6, 0, text);
}

/** Now, with this host's offset, as libprelude sets a CreateTime that is missing. */
export function now(): Time {
  const date = new Date();
  const milliseconds = date.getTime();
  return new Time(
    Math.floor(milliseconds / 1000),
    (milliseconds % 1000) * 1000,
    -date.getTimezoneOffset() * 60,
  );
}
