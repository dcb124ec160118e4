/** The Unix socket that Apache connects to, and the FastCGI server on it. */
import { chmodSync, chownSync, lstatSync, rmSync, statSync } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { createServer, type FastCgiRequest, type FastCgiResponse } from 'node-fastcgi';
import { GatewayError, reason } from '../errors.ts';
import { prepareConnection } from './connection.ts';

export interface ListenOptions {
  readonly path: string;
  /** other processes listen on it, too, and what was stale there has been removed */
  readonly shared: boolean;
  readonly handle: (request: FastCgiRequest, response: FastCgiResponse) => void;
  /** a connection was closed since it does not speak FastCGI */
  readonly protocolError: (error: unknown) => void;
}

export interface Listener {
  /** No new connections; resolves when those that are open have ended. The socket file is gone. */
  close(): Promise<void>;
}

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

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

/**
 * Listens.
 * @throws GatewayError configuration if the socket cannot be made or a gateway is there already
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { path, shared, handle, protocolError } = options;
  if (!shared) await removeStale(path);
  const server = createServer(handle);
  server.on('connection', (connection: Socket) => {
    prepareConnection(connection, protocolError);
  });
  try {
    await bind(server, path);
    chownSync(path, process.getuid?.() ?? 0, statSync(dirname(path)).gid);
    chmodSync(path, MODE);
  } catch (error) {
    server.close();
    throw new GatewayError(
      'configuration',
      `cannot listen on ${path}: ${reason(error)}; its directory has to exist and be writable for the gateway's user (systemd-tmpfiles --create makes it)`,
      { cause: error },
    );
  }
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}
