/** A pipe whose reading end a child gets as its standard input. */
import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Pipe {
  /** file descriptor of the reading end, for the child */
  readonly reader: number;
  readonly writer: Socket;
  /** to be called when the child has the reading end */
  closeReader(): void;
}

/**
 * Makes the pipe. Node gives children a socket as standard input, and prelude-admin has to open
 * /dev/stdin, which fails for sockets; Node has no pipe(2), so it is a FIFO that is removed at once.
 * @param path where the FIFO stands for a moment
 */
export async function makePipe(path: string): Promise<Pipe> {
  rmSync(path, { force: true });
  await run('mkfifo', ['-m', '600', path]);
  try {
    // with O_NONBLOCK the reading end opens without a writer, and then the writing end does
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    return {
      reader,
      writer: new Socket({ fd: descriptor, readable: false, writable: true }),
      closeReader: () => {
        closeSync(reader);
      },
    };
  } finally {
    rmSync(path, { force: true });
  }
}
