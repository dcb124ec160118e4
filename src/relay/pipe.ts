/** A pipe whose reading end a child gets as its standard input, and opens by name again. */
import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, readSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * A FIFO: Node gives children a socket as standard input, and prelude-admin has to open /dev/stdin,
 * which fails for sockets; and Node has no pipe(2).
 */
export class Pipe {
  readonly #path: string;
  /**
   * The reading end, for the child's standard input. It stays open here, too, to see what the child
   * has left unread; so a child that ends does not end the pipe.
   */
  readonly reader: number;
  readonly writer: Socket;

  private constructor(path: string) {
    this.#path = path;
    // with O_NONBLOCK the reading end opens without a writer, and then the writing end does
    this.reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    this.writer = new Socket({ fd, readable: false, writable: true });
  }

  /** @param path where the FIFO stands until `remove` */
  static async make(path: string): Promise<Pipe> {
    rmSync(path, { force: true });
    await run('mkfifo', ['-m', '600', path]);
    return new Pipe(path);
  }

  /** Whether the child has left something unread. */
  hasUnread(): boolean {
    try {
      return readSync(this.reader, Buffer.alloc(1)) > 0;
    } catch {
      return false; // EAGAIN: nothing there
    }
  }

  /**
   * Opening a FIFO waits for a writer (fifo(7)): a child that opens /dev/stdin after the writing
   * end has been closed would wait for ever. A writer that comes and goes lets it go on.
   */
  wakeOpener(): void {
    try {
      closeSync(openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK));
    } catch {
      // ENXIO: nobody reads any more
    }
  }

  remove(): void {
    this.writer.destroy();
    closeSync(this.reader);
    rmSync(this.#path, { force: true });
  }
}
