/**
 * One connection from Apache.
 *
 * node-fastcgi writes an answer as four records, each with a system call, and throws on records that
 * it does not know, from inside of the connection's events. For each header and each content that it
 * takes out of what has come it copies all of that.
 */
import type { Socket } from 'node:net';
import { RecordCutter } from './records.ts';

type Written = (error?: Error | null) => void;

/** An error in what reads the connection ends the connection and nothing else. */
function contain(connection: Socket, protocolError: (error: unknown) => void): void {
  const feeds = connection.listeners('data');
  connection.removeAllListeners('data');
  const records = new RecordCutter();
  const feed = (piece: Buffer): void => {
    for (const listener of feeds) Reflect.apply(listener, connection, [piece]);
  };
  connection.on('data', (bytes: Buffer) => {
    try {
      records.cut(bytes, feed);
    } catch (error) {
      protocolError(error);
      connection.destroy();
    }
  });
}

/**
 * What is written one after the other is sent together: when the connection is ended, or when nothing
 * more comes in this turn. An answer is small, so nobody has to wait for the other end to take it; if
 * that fails, the connection is closed, which its user is told.
 */
function gather(connection: Socket): void {
  const write = connection.write.bind(connection);
  const end = connection.end.bind(connection);
  let held: Uint8Array[] = [];
  const flush = (): void => {
    if (held.length === 0) return;
    const [first = new Uint8Array(), ...others] = held;
    held = [];
    if (connection.writable) write(others.length === 0 ? first : Buffer.concat([first, ...others]));
  };
  connection.write = (
    chunk: Uint8Array | string,
    encoding?: BufferEncoding | Written,
    written?: Written,
  ): boolean => {
    if (held.length === 0) setImmediate(flush);
    held.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    const done = typeof encoding === 'function' ? encoding : written;
    if (done !== undefined) process.nextTick(done);
    return true;
  };
  connection.end = (): Socket => {
    flush();
    return end();
  };
}

/**
 * Prepares a connection that node-fastcgi has taken.
 * @param protocolError the connection was closed since it does not speak FastCGI
 */
export function prepareConnection(
  connection: Socket,
  protocolError: (error: unknown) => void,
): void {
  contain(connection, protocolError);
  gather(connection);
}
