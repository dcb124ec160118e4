import { setMaxListeners } from 'node:events';
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { documentOf, type Names } from './alert.ts';
import { post } from './post.ts';
import { Random } from './random.ts';

/** Characters of text of a usual and of a large alert. */
const USUAL = { from: 20, to: 1500 };
const LARGE = 200_000;
/** how many of the requests have a large one, and how many more than one */
const LARGE_SHARE = 0.02;
const SEVERAL_SHARE = 0.4;
/** milliseconds between two requests of a sender, and between two attempts */
const PAUSE = 250;
const RETRY_PAUSE = { from: 100, to: 600 };

/** Sensors: each sends a request until it is answered 200, then the next one. */
export class Senders {
  /** messageids that were answered 200 */
  readonly accepted = new Set<string>();
  /** how often each status came; 0 is no answer */
  readonly statuses = new Map<number, number>();
  /** alerts in all attempts */
  attempted = 0;
  readonly #url: string;
  readonly #names: Names;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #noMore = new AbortController();
  readonly #givenUp = new AbortController();
  readonly #running: Promise<void>;
  /** all have ended */
  ended = false;

  constructor(url: string, names: Names, count: number, seed: number) {
    this.#url = url;
    this.#names = names;
    // each waits for them while it pauses
    setMaxListeners(count, this.#noMore.signal, this.#givenUp.signal);
    const all = Array.from({ length: count }, (_, index) => this.#send(new Random(seed + index)));
    this.#running = Promise.all(all).then(() => {
      this.ended = true;
      this.#agent.destroy();
    });
  }

  /** No new requests; those under way are sent until they are answered 200. */
  finish(): void {
    this.#noMore.abort();
  }

  /** Not even those. */
  async giveUp(): Promise<void> {
    this.finish();
    this.#givenUp.abort();
    await this.#running;
  }

  async #send(random: Random): Promise<void> {
    while (!this.#noMore.signal.aborted) {
      const ids = this.#newIds(random);
      await this.#sendUntilAccepted(ids, random);
      await pause(random.between(0, PAUSE), this.#noMore.signal);
    }
  }

  #newIds(random: Random): string[] {
    const count = random.chance(SEVERAL_SHARE) ? random.between(2, 12) : 1;
    const ids = Array.from({ length: count }, () =>
      this.#names.next(random.between(USUAL.from, USUAL.to)),
    );
    return random.chance(LARGE_SHARE) ? [...ids, this.#names.next(LARGE)] : ids;
  }

  async #sendUntilAccepted(ids: readonly string[], random: Random): Promise<void> {
    const body = documentOf(ids);
    while (!this.#givenUp.signal.aborted) {
      const status = await post(this.#url, this.#agent, body);
      this.attempted += ids.length;
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      if (status === 200) {
        for (const id of ids) this.accepted.add(id);
        return;
      }
      await pause(random.between(RETRY_PAUSE.from, RETRY_PAUSE.to), this.#givenUp.signal);
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
