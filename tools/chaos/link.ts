/** The network between the gateway and one manager: a TCP proxy that can be told to fail. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onEnd, type Scope } from '../../test/helpers/cleanup.ts';
import { Connection, type End } from './connection.ts';

const POLL_MS = 5;
/** how long a fault waits for a connection that carries data */
const BUSY_TIMEOUT_MS = 3000;

/** A proxy in front of a manager. */
export class Link {
  /** What a gateway is given as the manager's address. */
  readonly address: string;
  readonly #managerPort: number;
  readonly #connections = new Set<Connection>();
  /** done to each new connection */
  #greet: (connection: Connection) => void = () => undefined;

  private constructor(port: number, managerPort: number) {
    this.address = `127.0.0.1:${port}`;
    this.#managerPort = managerPort;
  }

  /** Listens on a free port of the loopback interface until the scope ends. */
  static async listen(scope: Scope, managerPort: number): Promise<Link> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const found = server.address();
    if (found === null || typeof found === 'string') throw new Error('the proxy has no port');
    const link = new Link(found.port, managerPort);
    server.on('connection', (socket) => {
      link.#accept(socket);
    });
    const close = (): void => {
      server.close();
      link.reset();
    };
    onEnd(
      scope,
      () => {
        close();
        return Promise.resolve();
      },
      close,
    );
    return link;
  }

  /** Waits until data comes from the gateway; gives whether it does. */
  async untilBusy(): Promise<boolean> {
    const before = new Map([...this.#connections].map((one) => [one, one.up.bytes]));
    for (let waitedMs = 0; waitedMs < BUSY_TIMEOUT_MS; waitedMs += POLL_MS) {
      for (const one of this.#connections) if (one.up.bytes > (before.get(one) ?? 0)) return true;
      await sleep(POLL_MS);
    }
    return false;
  }

  /** Sends RST to both ends of all connections. */
  reset(): boolean {
    return this.#each((connection) => {
      connection.reset();
    });
  }

  /** Cuts the connections in the next TLS record with data. */
  cutInRecord(): boolean {
    return this.#each((connection) => {
      connection.cutInRecord();
    });
  }

  /**
   * Swallows what comes from the gateway, and then ends the connections. @param early the gateway
   * gets FIN before, so that it finds the end of the connection as soon as it reads
   */
  async swallowTail(durationMs: number, early: boolean): Promise<boolean> {
    const hit = [...this.#connections];
    for (const connection of hit) {
      connection.swallow();
      if (early) connection.halfClose('gateway');
    }
    await sleep(durationMs);
    for (const connection of hit) connection.close();
    await sleep(POLL_MS);
    for (const connection of hit) connection.reset();
    return hit.length > 0;
  }

  /** Sends FIN to one end, lets the other direction work, and ends the connections. */
  async halfClose(end: End, durationMs: number): Promise<boolean> {
    const hit = [...this.#connections];
    for (const connection of hit) connection.halfClose(end);
    await sleep(durationMs);
    for (const connection of hit) connection.reset();
    return hit.length > 0;
  }

  /** Nothing moves for a time. */
  async stall(durationMs: number): Promise<boolean> {
    return this.#during(durationMs, (connection) => {
      connection.up.hold();
      connection.down.hold();
      return () => {
        connection.up.release();
        connection.down.release();
      };
    });
  }

  /** All bytes come later for a time. */
  async delay(durationMs: number, latencyMs: number): Promise<boolean> {
    return this.#during(durationMs, (connection) => {
      connection.up.delay(latencyMs);
      connection.down.delay(latencyMs);
      return () => {
        connection.up.delay(0);
        connection.down.delay(0);
      };
    });
  }

  /** Takes everything, passes on nothing, and ends the connections with RST. */
  async blackHole(durationMs: number): Promise<boolean> {
    return this.#during(durationMs, (connection) => {
      connection.swallowAll();
      return () => {
        connection.reset();
      };
    });
  }

  /** Cuts each connection after so many bytes, for a time. */
  async cutEvery(bytes: number, durationMs: number): Promise<boolean> {
    return this.#during(durationMs, (connection) => {
      connection.limit(bytes);
      return () => {
        connection.unlimit();
      };
    });
  }

  #each(action: (connection: Connection) => void): boolean {
    const hit = [...this.#connections];
    for (const connection of hit) action(connection);
    return hit.length > 0;
  }

  /** Does something to the connections there are and to those that come, and undoes it. */
  async #during(
    durationMs: number,
    action: (connection: Connection) => () => void,
  ): Promise<boolean> {
    const undos: (() => void)[] = [];
    this.#greet = (connection) => undos.push(action(connection));
    this.#each(this.#greet);
    await sleep(durationMs);
    this.#greet = () => undefined;
    for (const undo of undos) undo();
    return undos.length > 0;
  }

  #accept(socket: Socket): void {
    const connection = new Connection(socket, this.#managerPort, () => {
      this.#connections.delete(connection);
    });
    this.#connections.add(connection);
    this.#greet(connection);
  }
}
