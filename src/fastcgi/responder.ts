/** Serves connections of web servers, and ends them so that no request is lost on its way. */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Application } from './application.ts';
import { Connection } from './connection.ts';

/**
 * What a peer has after the end of its connection to take the last answer and to close it, too. With
 * a close at once it would fail in writing what belongs to the request still, such as padding.
 */
const LINGER_MS = 2000;

export interface ResponderOptions {
  readonly application: Application;
  /** bytes of FCGI_PARAMS of one request */
  readonly maxParams: number;
  /** A connection was closed since its peer does not speak FastCGI; or the application has thrown. */
  readonly failed: (error: unknown) => void;
}

export interface DrainOptions {
  /** milliseconds without a new request after which nobody uses the open connections any more */
  readonly quietMs: number;
  /** milliseconds after which connections are closed although requests still come */
  readonly limitMs: number;
}

export class Responder {
  readonly #options: ResponderOptions;
  readonly #connections = new Set<Connection>();
  #lastBegun = performance.now();
  #closing = false;
  #allGone: (() => void) | undefined;

  constructor(options: ResponderOptions) {
    this.#options = options;
  }

  /** Serves a connection until it is closed. */
  serve(socket: Socket): void {
    const connection = new Connection(
      {
        get writableLength() {
          return socket.writableLength;
        },
        write: (bytes) => socket.write(bytes),
        close: () => {
          socket.end();
          socket.setTimeout(LINGER_MS, () => socket.destroy());
        },
        pause: () => socket.pause(),
        resume: () => {
          if (socket.isPaused()) socket.resume();
        },
      },
      {
        application: this.#options.application,
        maxParams: this.#options.maxParams,
        begun: this.#begun,
      },
    );
    this.#connections.add(connection);
    // a web server that sends no more may still wait for its answer
    socket.allowHalfOpen = true;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      this.#contain(socket, connection, bytes);
    });
    socket.once('end', () => {
      connection.ended();
    });
    socket.once('close', () => {
      this.#connections.delete(connection);
      connection.gone();
      if (this.#connections.size === 0) this.#allGone?.();
    });
    if (this.#closing) connection.close();
    socket.resume();
  }

  /**
   * Waits until no requests come on the open connections, closes those without one, and the others
   * after their answer. The web server must have been told before to use new connections: one that is
   * closed in the moment in which it is used fails the request.
   * @returns when none is left
   */
  async drain({ quietMs, limitMs }: DrainOptions): Promise<void> {
    const begun = performance.now();
    this.#lastBegun = begun;
    for (let wait = quietMs; wait > 0 && this.#connections.size > 0;) {
      await sleep(wait);
      const now = performance.now();
      wait = Math.min(this.#lastBegun + quietMs - now, begun + limitMs - now);
    }
    this.#closing = true;
    for (const connection of this.#connections) connection.close();
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#allGone = resolve;
    });
  }

  readonly #begun = (): void => {
    this.#lastBegun = performance.now();
  };

  /** An error in what reads a connection ends that connection and nothing else. */
  #contain(socket: Socket, connection: Connection, bytes: Buffer): void {
    try {
      connection.receive(bytes);
    } catch (error) {
      this.#options.failed(error);
      connection.gone();
      socket.destroy();
    }
  }
}
