/**
 * Connections to managers that only show whether the managers still run.
 *
 * Each authenticates as prelude-admin does (tls-auth.c of libprelude: TLS with the key and the
 * certificates of the profile, then the manager's PRELUDE_MSG_AUTH) and says nothing afterwards. The
 * kernel ends it when the manager ends, however that happens; TCP keepalive ends it when the
 * manager's host is gone. A connection without TLS would not do: the manager closes it after 10 s
 * (connection-timeout of prelude-manager).
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { readPem } from '../prelude/certificates.ts';
import { splitHost } from './address.ts';

export interface Watch {
  /** one of the managers has ended, or the connection to it */
  readonly ended: boolean;
  /** Calls the function once when it has ended, at once if it has. */
  onEnded(action: () => void): void;
  /** Ends it without calling anything. */
  close(): void;
}

const OPEN_TIMEOUT_MS = 5_000;
/** idle time before the kernel asks whether the manager's host is there; it asks ten times, each second */
const KEEPALIVE_MS = 10_000;
/** prelude-msg.c: a message's header, then the tag of its first item */
const HEADER_LENGTH = 16;
/** PRELUDE_MSG_AUTH_SUCCEED of prelude-message-id.h */
const AUTH_SUCCEEDED = 6;

class ManagerWatch implements Watch {
  readonly #sockets: readonly TLSSocket[];
  #actions: (() => void)[] = [];
  #closed = false;

  constructor(sockets: readonly TLSSocket[]) {
    this.#sockets = sockets;
    for (const socket of sockets)
      socket.on('close', () => {
        if (!this.#closed) for (const action of this.#actions.splice(0)) action();
      });
  }

  get ended(): boolean {
    return this.#sockets.some(({ destroyed }) => destroyed);
  }

  onEnded(action: () => void): void {
    if (this.ended) action();
    else this.#actions.push(action);
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#sockets) socket.destroy();
  }
}

/**
 * Begins to watch managers.
 * @param profile folder of the profile
 * @param addresses hosts of libprelude's syntax, one or more
 * @throws Error if one of them cannot be watched
 */
export async function watchManagers(profile: string, addresses: readonly string[]): Promise<Watch> {
  const results = await Promise.allSettled(addresses.map((address) => open(profile, address)));
  const sockets = results.flatMap((result) =>
    result.status === 'fulfilled' ? [result.value] : [],
  );
  const failure = results.find((result) => result.status === 'rejected');
  if (failure === undefined) return new ManagerWatch(sockets);
  for (const socket of sockets) socket.destroy();
  throw failure.reason;
}

/** An authenticated connection, with that of the profile's certificates which the manager accepts. */
async function open(profile: string, address: string): Promise<TLSSocket> {
  const where = splitHost(address);
  if (where === undefined) throw new Error(`${address} is not a host`);
  const key = readFileSync(join(profile, 'key'));
  const trusted = readPem(join(profile, 'client.trusted'));
  let failure: unknown = new Error('the profile has no certificate');
  // one of each manager that the profile is registered with
  for (const cert of readPem(join(profile, 'client.keycrt')))
    try {
      return await authenticate({ ...where, key, cert }, trusted);
    } catch (error) {
      failure = error;
    }
  throw failure;
}

async function authenticate(
  options: ConnectionOptions,
  trusted: readonly string[],
): Promise<TLSSocket> {
  // letIn compares the manager's certificate: no authority that OpenSSL would accept has signed it
  const socket = connect({ ...options, rejectUnauthorized: false });
  socket.unref();
  socket.setKeepAlive(true, KEEPALIVE_MS);
  try {
    await letIn(socket, trusted);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Waits until the manager has shown a certificate that the profile trusts, and accepted the profile. */
async function letIn(socket: TLSSocket, trusted: readonly string[]): Promise<void> {
  socket.setTimeout(OPEN_TIMEOUT_MS, () => {
    socket.destroy(new Error(`no answer within ${OPEN_TIMEOUT_MS / 1000} s`));
  });
  let received = Buffer.alloc(0);
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (piece: Buffer) => {
      // what comes later, if anything does, is read and thrown away
      if (received.length > HEADER_LENGTH) return;
      received = Buffer.concat([received, piece]);
      const tag = received[HEADER_LENGTH];
      if (tag === AUTH_SUCCEEDED) resolve();
      else if (tag !== undefined) reject(new Error('the manager does not accept the profile'));
    });
    // the listener stays: an error without one would end the gateway
    socket.on('error', reject);
    socket.on('close', () => {
      reject(new Error('the manager closed the connection'));
    });
  });
  socket.setTimeout(0);
  const shown = socket.getPeerX509Certificate()?.fingerprint256;
  if (!trusted.some((pem) => new X509Certificate(pem).fingerprint256 === shown))
    throw new Error('the manager does not show the certificate that it had at the registration');
}
