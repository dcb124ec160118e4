/** One connection of prelude-admin with a manager, through the proxy. */
import { connect, type Socket } from 'node:net';
import { Flow } from './flow.ts';
import { TlsRecords } from './tls-records.ts';

/** Which end of a connection sees it half-closed. */
export type End = 'gateway' | 'manager';

/** Passes on what both ends send, until something goes wrong. */
export class Connection {
  /** from the gateway to the manager */
  readonly up: Flow;
  /** from the manager to the gateway */
  readonly down: Flow;
  readonly #gateway: Socket;
  readonly #manager: Socket;
  readonly #records = new TlsRecords();
  #cutsNextRecord = false;
  /** after so many bytes from the gateway it is cut */
  #limit = Infinity;

  /** @param closed called once, when both ends have closed */
  constructor(gateway: Socket, managerPort: number, closed: () => void) {
    this.#gateway = gateway;
    this.#manager = connect({ port: managerPort, host: '127.0.0.1', allowHalfOpen: true });
    this.up = new Flow(gateway, this.#manager, (chunk) => this.#look(chunk));
    this.down = new Flow(this.#manager, gateway, (chunk) => chunk);
    // a connection to a port of this machine that nobody listens on can meet itself
    this.#manager.once('connect', () => {
      if (this.#manager.localPort === managerPort) this.reset();
    });
    const ends = [gateway, this.#manager];
    for (const end of ends) {
      end.setNoDelay(true);
      // such as a manager that is not there
      end.on('error', () => {
        this.reset();
      });
      end.on('close', () => {
        if (ends.every(({ destroyed }) => destroyed)) closed();
      });
    }
  }

  /** Sends RST to both ends. */
  reset(): void {
    this.#gateway.resetAndDestroy();
    this.#manager.resetAndDestroy();
  }

  /** The manager gets half of the next TLS record with data, and FIN; the gateway gets RST. */
  cutInRecord(): void {
    this.#cutsNextRecord = true;
  }

  /** Cuts it when so many more bytes have come from the gateway. */
  limit(bytes: number): void {
    this.#limit = this.up.bytes + bytes;
  }

  /** Ends `limit`. */
  unlimit(): void {
    this.#limit = Infinity;
  }

  /** What the gateway sends from now on is acknowledged to it, but nobody gets it. */
  swallow(): void {
    this.up.swallow();
  }

  /** Neither end gets anything any more; both can send. */
  swallowAll(): void {
    this.up.swallow();
    this.down.swallow();
  }

  /** Sends FIN to one end, which may go on sending: nobody gets that. The other direction works. */
  halfClose(end: End): void {
    if (end === 'manager') {
      this.up.swallow();
      this.#manager.end();
    } else {
      this.down.swallow();
      this.#gateway.end();
    }
  }

  /** Sends FIN to both ends. */
  close(): void {
    this.swallowAll();
    this.#gateway.end();
    this.#manager.end();
  }

  #look(chunk: Buffer): Buffer {
    const inRecord = this.#records.take(chunk);
    if (this.#cutsNextRecord && inRecord !== undefined) {
      this.#manager.end(chunk.subarray(0, inRecord));
      this.#gateway.resetAndDestroy();
      return Buffer.alloc(0);
    }
    if (this.up.bytes >= this.#limit) {
      this.reset();
      return Buffer.alloc(0);
    }
    return chunk;
  }
}
