/** The Unix socket that Apache connects to, and the FastCGI server on it. */
import { chmodSync, chownSync, lstatSync, rmSync, statSync } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { createServer, type FastCgiRequest, type FastCgiResponse } from 'node-fastcgi';
import { GatewayError, reason } from '../errors.ts';
import { prepareConnection } from './connection.ts';

/**
 * Where: on a socket that is made here, or on a file descriptor, which listens already (the service
 * manager's) and is only borrowed.
 */
export type Place = OwnSocket | { readonly fd: number };

interface OwnSocket {
  readonly path: string;
  /** other processes listen on it, too, and what was stale there has been removed */
  readonly shared: boolean;
}

export type ListenOptions = Place & {
  readonly handle: (request: FastCgiRequest, response: FastCgiResponse) => void;
  /** a connection was closed since it does not speak FastCGI */
  readonly protocolError: (error: unknown) => void;
};

export interface Listener {
  /** New connections are accepted. */
  readonly listening: boolean;
  /**
   * No new connections; resolves when those that are open have ended. A socket of our own is gone;
   * on one that was borrowed new connections wait for the next process.
   */
  close(): Promise<void>;
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
export async function removeStale(path: string): Promise<void> {
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

async function makeSocket(server: Server, { path, shared }: OwnSocket): Promise<void> {
  if (!shared) await removeStale(path);
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
 * Listens. Works in a worker of node:cluster, too, whose primary has the file descriptor.
 * @throws GatewayError configuration if the socket cannot be made, a gateway is there already, or
 *   the file descriptor is something else
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const server = createServer(options.handle);
  server.on('connection', (connection: Socket) => {
    prepareConnection(connection, options.protocolError);
  });
  try {
    if ('fd' in options) await borrowSocket(server, options.fd);
    else await makeSocket(server, options);
  } catch (error) {
    server.close();
    throw error;
  }
  return {
    get listening() {
      return server.listening;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}
