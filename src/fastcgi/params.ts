/** Names and values (FastCGI 1.0, 3.4), as FCGI_PARAMS and FCGI_GET_VALUES carry them. */
import { ProtocolError } from './protocol.ts';

export type Params = ReadonlyMap<string, string>;

/** set in the first byte of a length that has four bytes, of which it is no part */
const LONG = 0x80;
const NOT_ASCII = /[\x80-\xff]/;

/**
 * Decodes a complete stream of names and values, UTF-8 or, as a browser may have it in a path,
 * anything else, whose wrong bytes become U+FFFD. Of a name that comes twice the last value counts.
 * @param pieces of the stream, cut anywhere
 * @throws ProtocolError if it ends in the middle of a pair
 */
export function decodeParams(pieces: readonly Buffer[]): Params {
  const [first] = pieces;
  const bytes = first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces);
  const params = new Map<string, string>();
  // one string for all: what is cut out of it costs next to nothing
  const text = bytes.toString('latin1');
  const isAscii = !NOT_ASCII.test(text);
  const cut = (from: number, to: number): string =>
    isAscii ? text.slice(from, to) : bytes.toString('utf8', from, to);
  for (let at = 0; at < bytes.length;) {
    const nameLong = (bytes[at] ?? 0) >= LONG;
    const nameLength = readLength(bytes, at, nameLong);
    at += nameLong ? 4 : 1;
    const valueLong = (bytes[at] ?? 0) >= LONG;
    const valueLength = readLength(bytes, at, valueLong);
    at += valueLong ? 4 : 1;
    const valueAt = at + nameLength;
    const end = valueAt + valueLength;
    if (end > bytes.length) throw cutShort();
    params.set(cut(at, valueAt), cut(valueAt, end));
    at = end;
  }
  return params;
}

function readLength(bytes: Buffer, at: number, long: boolean): number {
  if (at + (long ? 4 : 1) > bytes.length) throw cutShort();
  return long ? bytes.readUInt32BE(at) % 0x80000000 : bytes.readUInt8(at);
}

function cutShort(): ProtocolError {
  return new ProtocolError('names and values end in the middle of a pair');
}
