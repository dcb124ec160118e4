/** The records of FastCGI 1.0: their numbers (section 8), and those that an application sends. */

export const VERSION = 1;
/** bytes of a record's header (3.3) */
export const HEADER_SIZE = 8;

/** Types of records (8). */
export const TYPE = {
  beginRequest: 1,
  abortRequest: 2,
  endRequest: 3,
  params: 4,
  stdin: 5,
  stdout: 6,
  stderr: 7,
  data: 8,
  getValues: 9,
  getValuesResult: 10,
  unknownType: 11,
} as const;

/** The role of an application that answers HTTP requests (6.2). */
export const ROLE_RESPONDER = 1;
/** Flag of FCGI_BEGIN_REQUEST: the web server closes the connection, not the application (5.1). */
export const KEEP_CONN = 1;

/** What has become of a request as far as the protocol is concerned (5.5). */
export const PROTOCOL_STATUS = {
  requestComplete: 0,
  cantMpxConn: 1,
  overloaded: 2,
  unknownRole: 3,
} as const;

export type ProtocolStatus = (typeof PROTOCOL_STATUS)[keyof typeof PROTOCOL_STATUS];

/** The peer does not speak FastCGI 1.0. Costs it its connection. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** content of FCGI_END_REQUEST and FCGI_UNKNOWN_TYPE */
const BODY_SIZE = 8;
/** content of one record at most that keeps what follows aligned to 8 bytes (3.3) */
const MAX_CONTENT = 65_528;

function writeHeader(to: Buffer, at: number, type: number, id: number, length: number): number {
  to[at] = VERSION;
  to[at + 1] = type;
  to[at + 2] = id >> 8;
  to[at + 3] = id & 0xff;
  to[at + 4] = length >> 8;
  to[at + 5] = length & 0xff;
  to[at + 6] = 0;
  to[at + 7] = 0;
  return at + HEADER_SIZE;
}

/** Writes FCGI_END_REQUEST; the application's own status is 0, as of a program that succeeded (5.5). */
function writeEnd(to: Buffer, at: number, id: number, status: ProtocolStatus): void {
  const body = writeHeader(to, at, TYPE.endRequest, id, BODY_SIZE);
  to.fill(0, body, body + BODY_SIZE);
  to[body + 4] = status;
}

/** A whole answer: FCGI_STDOUT records, the empty one that ends the stream, and FCGI_END_REQUEST. */
export function encodeAnswer(id: number, content: string): Buffer {
  const length = Buffer.byteLength(content);
  if (length <= MAX_CONTENT) {
    const records = Buffer.allocUnsafe(length + 3 * HEADER_SIZE + BODY_SIZE);
    const at = writeHeader(records, 0, TYPE.stdout, id, length);
    records.write(content, at);
    writeEnd(records, writeHeader(records, at + length, TYPE.stdout, id, 0), id, 0);
    return records;
  }
  const bytes = Buffer.from(content);
  const parts: Buffer[] = [];
  for (let at = 0; at < length; at += MAX_CONTENT) {
    const part = bytes.subarray(at, at + MAX_CONTENT);
    const header = Buffer.allocUnsafe(HEADER_SIZE);
    writeHeader(header, 0, TYPE.stdout, id, part.length);
    parts.push(header, part);
  }
  const end = Buffer.allocUnsafe(2 * HEADER_SIZE + BODY_SIZE);
  writeEnd(end, writeHeader(end, 0, TYPE.stdout, id, 0), id, 0);
  return Buffer.concat([...parts, end]);
}

/** FCGI_END_REQUEST without an answer. */
export function encodeEnd(id: number, status: ProtocolStatus): Buffer {
  const record = Buffer.allocUnsafe(HEADER_SIZE + BODY_SIZE);
  writeEnd(record, 0, id, status);
  return record;
}

/** FCGI_UNKNOWN_TYPE, the answer to a management record that nobody knows (4.2). */
export function encodeUnknownType(type: number): Buffer {
  const record = Buffer.alloc(HEADER_SIZE + BODY_SIZE);
  record[writeHeader(record, 0, TYPE.unknownType, 0, BODY_SIZE)] = type;
  return record;
}

/** FCGI_GET_VALUES_RESULT (4.1). @param values all names and values are shorter than 128 bytes */
export function encodeValues(values: ReadonlyMap<string, string>): Buffer {
  const pairs = [...values].flatMap(([name, value]) => [
    Buffer.of(Buffer.byteLength(name), Buffer.byteLength(value)),
    Buffer.from(name + value),
  ]);
  const content = Buffer.concat(pairs);
  const header = Buffer.allocUnsafe(HEADER_SIZE);
  writeHeader(header, 0, TYPE.getValuesResult, 0, content.length);
  return Buffer.concat([header, content]);
}
