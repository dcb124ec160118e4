/**
 * One gateway per queue directory: flock(2), which the kernel releases however a process ends. The
 * directory itself is locked: a lock file can be deleted, and a second gateway would lock a new one.
 */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { GatewayError, reason } from '../errors.ts';

/** flock(1)'s exit status if another process holds the lock */
const HELD = 1;
/** how long a gateway waits for it: `secef --check` has it for a moment */
const TIMEOUT_S = '1';
/** how often a flock(1) that was killed is started again */
const TRIES = 3;

/**
 * Node has no flock(2): flock(1) of util-linux locks the open directory that it inherits, and the lock
 * stays with it, which is this process's.
 */
function flock(directory: number, options: readonly string[]): SpawnSyncReturns<Buffer> {
  return spawnSync('flock', [...options, '3'], {
    stdio: ['ignore', 'ignore', 'pipe', directory],
  });
}

function openDirectory(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
}

/** Starts flock(1) again if a signal ended it. */
function lockExclusively(directory: number): SpawnSyncReturns<Buffer> {
  for (let tries = 1; ; tries++) {
    const result = flock(directory, ['--timeout', TIMEOUT_S]);
    if (result.signal === null || tries >= TRIES) return result;
  }
}

function failure(path: string, { status, signal, error, stderr }: SpawnSyncReturns<Buffer>): Error {
  if (status === HELD)
    return new GatewayError(
      'configuration',
      `the queue ${path} belongs to a gateway that is running; stop it or choose another --queue`,
    );
  // without a process there is no standard error
  const said = error === undefined ? stderr.toString().trim() : reason(error);
  const why = signal === null ? said : `flock was killed by ${signal}`;
  const missing = error !== undefined && 'code' in error && error.code === 'ENOENT';
  return missing
    ? new GatewayError('configuration', `cannot lock the queue ${path}: ${why}; install util-linux`)
    : new GatewayError('system-error', `cannot lock the queue ${path}: ${why}`);
}

/**
 * Locks the directory until the process ends or the function that is given back is called.
 * @throws GatewayError configuration if another process has the lock or flock(1) is not installed,
 *   system-error if flock(1) fails
 */
export function lockDirectory(path: string): () => void {
  const directory = openDirectory(path);
  const result = lockExclusively(directory);
  if (result.status !== 0) {
    closeSync(directory);
    throw failure(path, result);
  }
  let held = true;
  return () => {
    // a second time the number may be another file's
    if (held) closeSync(directory);
    held = false;
  };
}

/**
 * Whether a gateway has the directory; makes and keeps nothing. The lock that is tried is shared, so
 * that two who look do not take each other for a gateway.
 */
export function isLocked(path: string): boolean {
  if (!existsSync(path)) return false;
  const directory = openDirectory(path);
  try {
    return flock(directory, ['--shared', '--nonblock']).status === HELD;
  } finally {
    closeSync(directory);
  }
}
