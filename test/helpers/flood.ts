import { Agent } from 'node:http';
import { alerts } from './documents.ts';
import { post } from './post.ts';

const SENDERS = 16;
/** alerts of a request, in turn */
const BATCHES = [1, 1, 1, 20, 1, 1, 5, 1];

/** Alerts as fast as they are taken, by some senders that keep their connections. */
export class Flood {
  /** messageids that were answered 200 */
  readonly accepted: string[] = [];
  /** how often each status came; 0 is no answer */
  readonly statuses = new Map<number, number>();
  readonly #url: string;
  readonly #prefix: string;
  readonly #agent = new Agent({ keepAlive: true });
  #number = 0;
  #request = 0;

  /** @param prefix of all messageids */
  constructor(url: string, prefix: string) {
    this.#url = url;
    this.#prefix = prefix;
  }

  /** Sends that many alerts or a few more, each once; gives how many there were a second. */
  async send(count: number, text?: string): Promise<number> {
    const first = this.#number;
    const start = performance.now();
    const sender = async (): Promise<void> => {
      while (this.#number < first + count) await this.#post(text);
    };
    await Promise.all(Array.from({ length: SENDERS }, sender));
    return Math.round((this.#number - first) / ((performance.now() - start) / 1000));
  }

  /** Closes the connections. */
  end(): void {
    this.#agent.destroy();
  }

  async #post(text?: string): Promise<void> {
    const size = BATCHES[this.#request++ % BATCHES.length] ?? 1;
    const ids = Array.from({ length: size }, () => `${this.#prefix}-${this.#number++}`);
    const status = await post(this.#url, this.#agent, alerts(ids, text));
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status === 200) this.accepted.push(...ids);
  }
}
