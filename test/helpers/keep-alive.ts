import { Agent, request } from 'node:http';
import { alerts } from './documents.ts';

/** One request. */
interface Exchange {
  readonly id: string;
  readonly status: number;
  /** milliseconds since 1970 */
  readonly begun: number;
  readonly answered: number;
}

/** Clients that keep their connections and send one alert after another until they are told to end. */
export class KeepAliveClients {
  readonly exchanges: Exchange[] = [];
  readonly #url: string;
  readonly #prefix: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #begun = performance.now();
  readonly #clients: Promise<unknown>;
  #count = 0;
  #ending = false;

  /** @param prefix of all messageids */
  constructor(url: string, count: number, prefix: string) {
    this.#url = url;
    this.#prefix = prefix;
    this.#clients = Promise.all(Array.from({ length: count }, () => this.#client()));
  }

  /** No more requests. @returns how many there were a second */
  async end(): Promise<number> {
    this.#ending = true;
    await this.#clients;
    this.#agent.destroy();
    return Math.round(this.exchanges.length / ((performance.now() - this.#begun) / 1000));
  }

  async #client(): Promise<void> {
    while (!this.#ending) {
      const id = `${this.#prefix}-${this.#count++}`;
      const begun = Date.now();
      const status = await this.#post(alerts([id]));
      this.exchanges.push({ id, status, begun, answered: Date.now() });
    }
  }

  /** @returns the status, 0 if there was no answer */
  #post(body: string): Promise<number> {
    return new Promise((resolve) => {
      const headers = {
        'content-type': 'application/xml',
        'content-length': Buffer.byteLength(body),
      };
      const outgoing = request(
        this.#url,
        { method: 'POST', agent: this.#agent, headers },
        (response) => {
          response.resume().on('close', () => {
            resolve(response.complete ? (response.statusCode ?? 0) : 0);
          });
        },
      );
      outgoing.on('error', () => {
        // Apache may close a connection that it has kept just when it is used again (RFC 9112, 9.3.1)
        if (outgoing.reusedSocket) resolve(this.#post(body));
        else resolve(0);
      });
      outgoing.end(body);
    });
  }
}
