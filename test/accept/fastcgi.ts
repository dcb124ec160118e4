/** A FastCGI client for tests (FastCGI Specification 1.0): one request a connection. */
import { connect, type Socket } from 'node:net';

const BEGIN = 1;
const PARAMS = 4;
const STDIN = 5;
const STDOUT = 6;
/** role responder, no flags: the connection is closed after the answer */
const RESPONDER = Buffer.from([0, 1, 0, 0, 0, 0, 0, 0]);

export function record(type: number, content: Buffer, padding = 0): Buffer {
  const header = Buffer.alloc(8);
  header[0] = 1;
  header[1] = type;
  header.writeUInt16BE(1, 2);
  header.writeUInt16BE(content.length, 4);
  header[6] = padding;
  return Buffer.concat([header, content, Buffer.alloc(padding, 0xff)]);
}

function length(bytes: Buffer): Buffer {
  if (bytes.length < 128) return Buffer.of(bytes.length);
  const long = Buffer.alloc(4);
  long.writeUInt32BE((bytes.length | 0x80000000) >>> 0);
  return long;
}

function pair([name, value]: readonly [string, string]): Buffer {
  const [n, v] = [Buffer.from(name), Buffer.from(value)];
  return Buffer.concat([length(n), length(v), n, v]);
}

/** What begins a request with these parameters. */
export function head(params: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat([
    record(BEGIN, RESPONDER),
    record(PARAMS, Buffer.concat(Object.entries(params).map(pair))),
    record(PARAMS, Buffer.alloc(0)),
  ]);
}

/** A piece of the body; an empty one is its end. */
export function stdin(piece: Buffer): Buffer {
  return record(STDIN, piece);
}

export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

function parse(records: Buffer): Answer {
  let text = '';
  for (let at = 0; at + 8 <= records.length;) {
    const size = records.readUInt16BE(at + 4);
    if (records[at + 1] === STDOUT) text += records.toString('utf8', at + 8, at + 8 + size);
    at += 8 + size + (records[at + 6] ?? 0);
  }
  const [top = '', ...body] = text.split('\r\n\r\n');
  const headers = new Map(
    top.split('\r\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return {
    status: parseInt(headers.get('status') ?? '0', 10),
    headers,
    body: body.join('\r\n\r\n'),
  };
}

/** Sends the bytes and gives what comes back until the connection is closed. */
export function converse(path: string, send: (socket: Socket) => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const pieces: Buffer[] = [];
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    socket.once('error', reject);
    socket.once('close', () => {
      resolve(parse(Buffer.concat(pieces)));
    });
    socket.once('connect', () => {
      send(socket);
    });
  });
}

/** One POST. @param params beside or instead of the usual ones */
export function post(
  path: string,
  body: Buffer | string,
  params: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const bytes = Buffer.from(body);
  return converse(path, (socket) => {
    socket.write(
      head({
        REQUEST_METHOD: 'POST',
        CONTENT_TYPE: 'application/xml',
        CONTENT_LENGTH: String(bytes.length),
        REMOTE_ADDR: '192.0.2.1',
        ...params,
      }),
    );
    for (let at = 0; at < bytes.length; at += 32000)
      socket.write(stdin(bytes.subarray(at, at + 32000)));
    socket.write(stdin(Buffer.alloc(0)));
  });
}
