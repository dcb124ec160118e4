/** One gateway per queue directory: flock(2), which the kernel releases however a process ends. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError, reason } from '../errors.ts';

/** flock(1)'s exit status if another process holds the lock */
const HELD = 1;

/**
 * Locks the directory until the process ends or the function that is given back is called.
 *
 * Node has no flock(2): flock(1) of util-linux locks the file that it inherits, and the lock stays
 * with the open file, which is this process's.
 * @throws GatewayError configuration if another process has the lock
 */
export function lockDirectory(directory: string): () => void {
  const file = openSync(join(directory, 'lock'), 'a', 0o600);
  const { status, error } = spawnSync('flock', ['--nonblock', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', file],
  });
  if (status !== 0) {
    closeSync(file);
    throw new GatewayError(
      'configuration',
      status === HELD
        ? `the queue ${directory} belongs to a gateway that is running; stop it or choose another --queue`
        : `cannot lock the queue ${directory}: ${error === undefined ? 'flock failed' : reason(error)}; install util-linux`,
    );
  }
  let held = true;
  return () => {
    // a second time the number may be another file's
    if (held) closeSync(file);
    held = false;
  };
}
