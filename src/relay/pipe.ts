/** A pipe whose reading end a child gets as its standard input, and opens by name again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';

/**
 * Prints its process id while it holds the reading end of a pipe as file descriptor 4, until its
 * file descriptor 3 is closed.
 */
const HOLD_PIPE = `: | exec sh -c 'exec 4<&0 <&3; echo $$; read -r _'`;
const HELD_FD = 4;

/**
 * A pipe(2), which Node does not have: Node gives children a socket as standard input, and opening
 * /dev/stdin, which prelude-admin has to do, fails for sockets. A shell makes the pipe, and this
 * process opens both ends through /proc. So no file is needed, which a full disk would not take.
 */
export class Pipe {
  /**
   * The reading end, for the child's standard input. It stays open here, too, to see what the child
   * has left unread; so a child that ends does not end the pipe.
   */
  readonly reader: number;
  readonly writer: Socket;

  private constructor(path: string) {
    this.reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const fd = openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK);
    this.writer = new Socket({ fd, readable: false, writable: true });
  }

  /** @throws Error if the system has no process or file descriptor left */
  static async make(): Promise<Pipe> {
    const shell = spawn('sh', ['-c', HOLD_PIPE], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] });
    const [, stdout, , control] = shell.stdio;
    try {
      if (stdout === null) throw new Error('sh has no standard output');
      const said: unknown[] = await Promise.race([
        once(stdout, 'data'),
        once(shell, 'exit').then(() => []),
      ]);
      const pid = parseInt(String(said[0]), 10);
      if (Number.isNaN(pid)) throw new Error('cannot make a pipe: sh failed');
      return new Pipe(`/proc/${pid}/fd/${HELD_FD}`);
    } finally {
      stdout?.destroy();
      if (control instanceof Socket) control.destroy();
    }
  }

  get #path(): string {
    return `/proc/self/fd/${this.reader}`;
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
   * Opening a pipe by name waits for a writer (fifo(7)): a child that opens /dev/stdin after the writing
   * end has been closed would wait forever. A writer that comes and goes lets it go on.
   */
  wakeOpener(): void {
    try {
      closeSync(openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK));
    } catch {
      // ENXIO: nobody reads any more
    }
  }

  close(): void {
    this.writer.destroy();
    closeSync(this.reader);
  }
}
