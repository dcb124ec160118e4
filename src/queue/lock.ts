/** One gateway per queue directory: flock(2), which the kernel releases however a process ends. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError, reason } from '../errors.ts';

/** flock(1)'s exit status if another process holds the lock */
const HELD = 1;
/** seconds that a gateway waits for it: `secef --check` has it for a moment */
const PATIENCE = '1';

function lockFile(directory: string): string {
  return join(directory, 'lock');
}

/**
 * Locks the directory until the process ends or the function that is given back is called.
 *
 * Node has no flock(2): flock(1) of util-linux locks the file that it inherits, and the lock stays
 * with the open file, which is this process's.
 * @throws GatewayError configuration if another process has the lock
 */
export function lockDirectory(directory: string): () => void {
  const file = openSync(lockFile(directory), 'a', 0o600);
  const { status, error } = spawnSync('flock', ['--timeout', PATIENCE, '3'], {
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

/**
 * Whether a gateway has the directory; makes and keeps nothing. The lock that is tried is shared, so
 * that two who look do not take each other for a gateway.
 */
export function isLocked(directory: string): boolean {
  if (!existsSync(lockFile(directory))) return false;
  const file = openSync(lockFile(directory), 'r');
  try {
    const { status } = spawnSync('flock', ['--shared', '--nonblock', '3'], {
      stdio: ['ignore', 'ignore', 'ignore', file],
    });
    return status === HELD;
  } finally {
    closeSync(file);
  }
}
