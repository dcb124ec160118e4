/** A connection without a socket, an application that records requests, and what was answered. */
import type { Application, Request } from '../../src/fastcgi/application.ts';
import { Connection } from '../../src/fastcgi/connection.ts';
import { ProtocolError } from '../../src/fastcgi/protocol.ts';

/** A record that the application's side has written. */
export interface Sent {
  readonly type: number;
  readonly id: number;
  readonly content: string;
}

/** A request as the application has seen it. */
export interface Seen {
  readonly params: Readonly<Record<string, string>>;
  body: string;
  state: 'open' | 'complete' | 'aborted';
  readonly request: Request;
}

/** latin1 */
export class Peer {
  readonly seen: Seen[] = [];
  readonly written: Buffer[] = [];
  closed = false;
  paused = false;
  unread = 0;
  error: ProtocolError | undefined;
  readonly connection: Connection;

  /** @param answer what an application answers when the body is complete; nothing if undefined */
  constructor(answer?: string, application?: Application, maxParams = 1000) {
    const wire = {
      writableLength: 0,
      write: (bytes: Buffer): void => {
        this.written.push(bytes);
        wire.writableLength += this.unread;
      },
      close: (): void => {
        this.closed = true;
      },
      pause: (): void => {
        this.paused = true;
      },
      resume: (): void => {
        this.paused = false;
      },
    };
    this.connection = new Connection(wire, {
      application: application ?? ((request) => this.#take(request, answer)),
      maxParams,
      begun: () => undefined,
    });
  }

  /** Sends bytes; what is no FastCGI ends the connection. */
  send(...pieces: Buffer[]): this {
    for (const piece of pieces) {
      if (this.error !== undefined) return this;
      try {
        this.connection.receive(piece);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        this.error = error;
        this.connection.gone();
        this.closed = true;
      }
    }
    return this;
  }

  /** The records that were written. */
  get sent(): Sent[] {
    const bytes = Buffer.concat(this.written);
    const records: Sent[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = bytes.readUInt16BE(at + 4);
      const content = bytes.toString('latin1', at + 8, at + 8 + length);
      records.push({ type: bytes.readUInt8(at + 1), id: bytes.readUInt16BE(at + 2), content });
      at += 8 + length + bytes.readUInt8(at + 6);
    }
    return records;
  }

  #take(request: Request, answer: string | undefined): ReturnType<Application> {
    const seen: Seen = {
      params: Object.fromEntries(request.params),
      body: '',
      state: 'open',
      request,
    };
    this.seen.push(seen);
    return {
      data: (piece) => {
        seen.body += piece.toString('latin1');
      },
      end: () => {
        seen.state = 'complete';
        if (answer !== undefined) request.respond(answer);
      },
      aborted: () => {
        seen.state = 'aborted';
      },
    };
  }
}
