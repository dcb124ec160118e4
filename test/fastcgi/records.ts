/** What a web server sends (FastCGI 1.0, 3.3, 3.4, 5). */

export const BEGIN_REQUEST = 1;
export const ABORT_REQUEST = 2;
export const END_REQUEST = 3;
export const PARAMS = 4;
export const STDIN = 5;
export const STDOUT = 6;
export const DATA = 8;
export const GET_VALUES = 9;
export const GET_VALUES_RESULT = 10;
export const UNKNOWN_TYPE = 11;

export const RESPONDER = 1;
export const KEEP_CONN = 1;

export function record(
  type: number,
  id: number,
  content: Buffer | string = '',
  padding = 0,
): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(8);
  header[0] = 1;
  header[1] = type;
  header.writeUInt16BE(id, 2);
  header.writeUInt16BE(bytes.length, 4);
  header[6] = padding;
  return Buffer.concat([header, bytes, Buffer.alloc(padding, 0xff)]);
}

export function begin(id: number, flags = KEEP_CONN, role = RESPONDER): Buffer {
  return record(BEGIN_REQUEST, id, Buffer.from([0, role, flags, 0, 0, 0, 0, 0]));
}

function length(bytes: Buffer, long: boolean): Buffer {
  if (bytes.length < 128 && !long) return Buffer.of(bytes.length);
  const four = Buffer.alloc(4);
  four.writeUInt32BE((bytes.length | 0x80000000) >>> 0);
  return four;
}

/** @param long write all lengths with four bytes, which is allowed for short ones, too */
export function pairs(params: Readonly<Record<string, string>>, long = false): Buffer {
  return Buffer.concat(
    Object.entries(params).flatMap(([name, value]) => {
      const [n, v] = [Buffer.from(name), Buffer.from(value)];
      return [length(n, long), length(v, long), n, v];
    }),
  );
}

/** A whole request. */
export function whole(
  id: number,
  params: Readonly<Record<string, string>>,
  body: string,
  flags = KEEP_CONN,
): Buffer {
  return Buffer.concat([
    begin(id, flags),
    ...(Object.keys(params).length === 0 ? [] : [record(PARAMS, id, pairs(params))]),
    record(PARAMS, id),
    ...(body === '' ? [] : [record(STDIN, id, Buffer.from(body, 'latin1'))]),
    record(STDIN, id),
  ]);
}
