/**
 * CRC-32 of any part of a buffer in constant time, after one pass over the buffer.
 *
 * A CRC is linear: crc(A B) = shift(crc(A), |B|) ^ crc(B), where shift multiplies by x^(8·|B|) modulo
 * the polynomial (zlib's crc32_combine). So the CRC of a part follows from those of two prefixes.
 */

/** the polynomial, bits reversed as in zlib */
const POLYNOMIAL = 0xedb88320;
/** bytes between two prefixes whose CRC is kept */
const STEP = 64;
const DIGITS = 4;
const RADIX = 256;

const TABLE = Int32Array.from({ length: RADIX }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

/** The product of two polynomials modulo POLYNOMIAL. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let rest = a; rest !== 0; rest <<= 1) {
    if (rest < 0) product ^= factor;
    factor = factor & 1 ? (factor >>> 1) ^ POLYNOMIAL : factor >>> 1;
  }
  return product;
}

/** x^(8·digit·256^place) */
const POWERS: readonly Int32Array[] = makePowers();

function makePowers(): Int32Array[] {
  const powers = [];
  let base = 1 << 23; // x^8
  for (let place = 0; place < DIGITS; place++) {
    const row = new Int32Array(RADIX);
    let power = 1 << 31; // x^0
    for (let digit = 0; digit < RADIX; digit++) {
      row[digit] = power;
      power = multiply(power, base);
    }
    powers.push(row);
    base = power;
  }
  return powers;
}

/** What a CRC becomes when that many bytes follow, without their own share. */
function shift(crc: number, length: number): number {
  let shifted = crc;
  let rest = length;
  for (let place = 0; rest > 0 && place < DIGITS; place++) {
    const digit = rest & (RADIX - 1);
    if (digit > 0) shifted = multiply(POWERS[place]?.[digit] ?? 0, shifted);
    rest >>>= 8;
  }
  return shifted;
}

/** Goes on with a CRC over some bytes, without the inversions at its begin and end. */
function update(register: number, bytes: Uint8Array, start: number, end: number): number {
  let crc = register;
  for (let at = start; at < end; at++)
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  return crc;
}

/** CRC-32 of `bytes` from `start` to `end`, continuing one of earlier bytes, for few bytes. */
export function continueChecksum(
  crc: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  return ~update(~crc, bytes, start, end) >>> 0;
}

export class Checksums {
  readonly #bytes: Buffer;
  /** registers after 0, STEP, 2·STEP, ... bytes */
  readonly #prefixes: Int32Array;

  /** Reads all of the buffer, which must not change as long as this is used. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#prefixes = new Int32Array(Math.floor(bytes.length / STEP) + 1);
    let register = -1;
    for (let index = 0; index < this.#prefixes.length; index++) {
      this.#prefixes[index] = register;
      register = update(register, bytes, index * STEP, (index + 1) * STEP);
    }
  }

  /** CRC-32 of the bytes from `start` to `end`, continuing that of earlier bytes. */
  continue(crc: number, start: number, end: number): number {
    const before = crc ^ this.#prefix(start);
    return (shift(before, end - start) ^ this.#prefix(end)) >>> 0;
  }

  #prefix(end: number): number {
    const index = Math.floor(end / STEP);
    return ~update(this.#prefixes[index] ?? 0, this.#bytes, index * STEP, end);
  }
}
