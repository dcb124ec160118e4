/**
 * One connection from Apache.
 *
 * node-fastcgi writes an answer as four records, each with a system call, and throws on records that
 * it does not know, from inside of the connection's events.
 */
import type { Socket } from 'node:net';

type Written = (error?: Error | null) => void;

/** An error in what reads the connection ends the connection and nothing else. */
function contain(connection: Socket, protocolError: (error: unknown) => void): void {
  const feeds = connection.listeners('data');
  connection.removeAllListeners('data');
  connection.on('data', (bytes: Buffer) => {
    try {
      for (const feed of feeds) Reflect.apply(feed, connection, [bytes]);
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
