/** The Unix socket that Apache connects to. */
import { chmodSync, chownSync, lstatSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { GatewayError, reason } from '../errors.ts';
import { Draining } from './draining.ts';

/**
 * Where: on a socket that is made here, or on a file descriptor, which listens already (the service
 * manager's) and is only borrowed.
 */
export type Place = { readonly path: string } | { readonly fd: number };

export interface ListenOptions {
  readonly place: Place;
  /** gets each connection, of which nothing has been read; it is paused */
  readonly serve: (connection: Socket) => void;
  /** Apache cannot be told to use new connections, or to use the old ones again */
  readonly drainingFailed: (error: unknown) => void;
}

/** Where connections come from. */
export interface Listener {
  /** New connections are accepted. */
  readonly listening: boolean;
  /**
   * No new connections, and Apache is told to use no old ones. A socket of our own is gone; on one
   * that was borrowed new connections wait for the next process.
   */
  close(): void;
}

/**
 * Connections that wait to be accepted, as in secef.socket: listening again changes the number. The
 * kernel's own limit is net.core.somaxconn, which is 4096.
 */
const BACKLOG = 4096;

/** the gateway's user and the group of the socket's directory: Apache is to be one of them */
const MODE = 0o660;

/** Whether a process answers on the socket. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => {
      resolve(false);
    });
  });
}

/**
 * Removes what a gateway that was killed left behind.
 * @throws GatewayError configuration if something else is there, or a gateway that runs
 */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new GatewayError(
      'configuration',
      `${path} is not a socket; remove it or choose another --sock`,
    );
  if (await isAlive(path))
    throw new GatewayError(
      'configuration',
      `a gateway is running on ${path}; stop it or choose another --sock`,
    );
  rmSync(path);
}

/** @param start begins to listen and calls back when it does */
function listening(server: Server, start: (done: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    start(() => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

async function makeSocket(server: Server, path: string): Promise<void> {
  await removeStale(path);
  try {
    await listening(server, (done) => server.listen(path, BACKLOG, done));
    // not where it is right anyway: the service's system call filter forbids it
    const { gid } = statSync(dirname(path));
    if (statSync(path).gid !== gid) chownSync(path, process.getuid?.() ?? 0, gid);
    chmodSync(path, MODE);
  } catch (error) {
    throw new GatewayError(
      'configuration',
      `cannot listen on ${path}: ${reason(error)}; its directory has to exist and be writable for the gateway's user (systemd-tmpfiles --create makes it)`,
      { cause: error },
    );
  }
}

async function borrowSocket(server: Server, fd: number): Promise<void> {
  const fault = (what: string, cause?: unknown): GatewayError =>
    new GatewayError(
      'configuration',
      `cannot listen on file descriptor ${fd}: ${what}; it has to be a Unix socket that listens, as of ListenStream=/path in secef.socket`,
      { cause },
    );
  try {
    // throws at once on what is no socket
    await listening(server, (done) => server.listen({ fd }, BACKLOG, done));
  } catch (error) {
    throw fault(reason(error), error);
  }
  // a Unix socket that has been passed has none
  if (server.address() !== null) throw fault('it is a TCP socket');
}

/**
 * Listens.
 * @throws GatewayError configuration if the socket cannot be made, a gateway is there already, or
 *   the file descriptor is something else
 */
export async function listen({ place, serve, drainingFailed }: ListenOptions): Promise<Listener> {
  const server = createServer({ pauseOnConnect: true }, serve);
  try {
    if ('fd' in place) await borrowSocket(server, place.fd);
    else await makeSocket(server, place.path);
  } catch (error) {
    server.close();
    throw error;
  }
  const draining = new Draining(place, drainingFailed);
  draining.end();
  return {
    get listening() {
      return server.listening;
    },
    close: () => {
      draining.begin();
      server.close();
    },
  };
}
