/**
 * Texts to values, by the type that libprelude's field has.
 *
 * Where the RFC allows what libprelude refuses or misreads, the value is adapted; each adaptation
 * has a number (A1 to A12, README "What is adapted") and is reported to `notes`.
 */
import { GatewayError } from '../errors.ts';
import type { ValueField } from './classes.ts';
import type { Enumeration } from './enumerations.ts';
import { Data, type Value } from './message.ts';
import { lowerCase, quote, trim, type Notes } from './text.ts';
import { parseTime } from './time.ts';

function badValue(text: string, wanted: string): GatewayError {
  return new GatewayError('bad-value', `${quote(text)} is not ${wanted}`);
}

type IntegerType = 'uint8' | 'uint16' | 'uint32' | 'int32' | 'uint64';

const RANGES: Readonly<Record<IntegerType, readonly [bigint, bigint]>> = {
  uint8: [0n, 255n],
  uint16: [0n, 65535n],
  uint32: [0n, 4294967295n],
  int32: [-2147483648n, 2147483647n],
  uint64: [0n, 18446744073709551615n],
};

const INTEGER = /^([+-]?)(?:0x([0-9a-f]{1,40})|(\d{1,40}))$/i;
const SMALL_DECIMAL = /^(?:0|[1-9]\d{0,8})$/;

/** Base 10 or base 16 (RFC 4765, 3.2.1); undefined where it is neither. */
export function parseInteger(text: string): bigint | undefined {
  const match = INTEGER.exec(text);
  if (match === null) return undefined;
  const [, sign, hexadecimal, decimal = ''] = match;
  const size = hexadecimal === undefined ? BigInt(decimal) : BigInt(`0x${hexadecimal}`);
  return sign === '-' ? -size : size;
}

function integer(type: IntegerType, text: string, notes: Notes): number | bigint {
  if (SMALL_DECIMAL.test(text)) {
    const small = Number(text);
    if (type === 'uint64') return BigInt(small);
    if (small <= Number(RANGES[type][1])) return small;
  }
  const [low, high] = RANGES[type];
  const value = parseInteger(text);
  if (value === undefined || value < low || value > high)
    throw badValue(text, `a number from ${low.toString()} to ${high.toString()}`);
  if (/^[+-]?0\d/.test(text)) notes.note(`A5 leading zeros in ${quote(text)}, read as base 10`);
  return type === 'uint64' ? value : Number(value);
}

const REAL = /^[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[+-]?\d+)?$/i;
/** a digit other than 0 before the exponent */
const NOT_ZERO = /^[^e]*[1-9]/i;
/** from here on the nearest 32-bit float is infinity */
const FLOAT_LIMIT = 2 ** 128 - 2 ** 103;

/** A decimal number with a point for a comma; undefined where it is none. */
export function parseReal(text: string): string | undefined {
  return REAL.test(text) ? text.replace(',', '.') : undefined;
}

function float(text: string, notes: Notes): number {
  const real = parseReal(text);
  if (real === undefined) throw badValue(text, 'a decimal number');
  if (real !== text) notes.note('A4 decimal comma, read as a point');
  const value = Number(real);
  if (Math.abs(value) >= FLOAT_LIMIT)
    throw new GatewayError('bad-value', `${quote(text)} is too large for 32 bits`);
  if (Math.fround(value) === 0 && NOT_ZERO.test(real))
    notes.note(`A12 ${quote(text)} is too small for 32 bits, read as 0`);
  return value;
}

/** The bytes of canonical base64, white space allowed; undefined where it is none or empty. */
export function parseBase64(text: string): Uint8Array | undefined {
  const packed = text.replace(/[ \t\r\n]+/g, '');
  if (packed === '' || packed.length % 4 !== 0) return undefined;
  // Node skips what is not base64; then this is not what comes out again
  const bytes = Buffer.from(packed, 'base64');
  return bytes.toString('base64') === packed ? bytes : undefined;
}

/** The number that libprelude leaves in a field when it refuses the text. */
const NOT_SET = 0;

function enumerated(enumeration: Enumeration, text: string, notes: Notes): number {
  const number = enumeration.numbers.get(text) ?? enumeration.numbers.get(lowerCase(text));
  if (number !== undefined) return number;
  if (enumeration.name === 'file_fstype') {
    notes.note(`A1 ${quote(text)} is not one of libprelude's file systems, dropped`);
    return NOT_SET;
  }
  throw badValue(text, `one of ${enumeration.texts.join(', ')}`);
}

/**
 * The value of a field; undefined if there is nothing to write.
 * @throws GatewayError bad-value, without a place
 */
export function parseValue(
  field: ValueField,
  raw: string,
  notes: Notes,
): Exclude<Value, unknown[]> | undefined {
  // Strings are kept as they are, white space included; libprelude does not write empty ones.
  if (field.type === 'string') return raw === '' ? undefined : raw;
  const text = trim(raw);
  switch (field.type) {
    case 'enum':
      return field.enumeration && enumerated(field.enumeration, text, notes);
    case 'time':
      return parseTime(text, notes);
    case 'float':
      return float(text, notes);
    case 'data': {
      const bytes = parseBase64(text);
      if (bytes !== undefined) return new Data({ type: 'byte-string', value: bytes });
      return text === '' ? undefined : new Data({ type: 'char-string', value: text });
    }
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'int32':
    case 'uint64':
      return integer(field.type, text, notes);
  }
}
