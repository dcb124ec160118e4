import { setMaxListeners } from 'node:events';
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { post } from '../../test/helpers/post.ts';
import { documentOf, type Alert, type Alerts } from './alert.ts';

import { Random } from './random.ts';

/** Characters of text of a usual and of a large alert. */
const USUAL = { from: 20, to: 1500 };
const LARGE = 200_000;
/** how many of the requests have a large one, and how many more than one */
const LARGE_SHARE = 0.02;
const SEVERAL_SHARE = 0.4;
/** alerts in one request */
const MOST = 40;
/** between two requests of a sender, and between two attempts */
const PAUSE_MS = 250;
const RETRY_PAUSE_MS = { from: 100, to: 600 };

/** Sensors: each sends a request until it is answered 200, then the next one. */
export class Senders {
  /** messageids that were answered 200 */
  readonly accepted = new Set<string>();
  /** how often each status came; 0 is no answer */
  readonly statuses = new Map<number, number>();
  /** alerts in all attempts */
  attempted = 0;
  readonly #url: string;
  readonly #alerts: Alerts;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #noMore = new AbortController();
  readonly #givenUp = new AbortController();
  readonly #running: Promise<void>;
  /** all have ended */
  ended = false;

  constructor(url: string, alerts: Alerts, count: number, seed: number) {
    this.#url = url;
    this.#alerts = alerts;
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
      await this.#sendUntilAccepted(this.#newAlerts(random), random);
      await pause(random.between(0, PAUSE_MS), this.#noMore.signal);
    }
  }

  #newAlerts(random: Random): Alert[] {
    const count = random.chance(SEVERAL_SHARE) ? random.between(2, MOST) : 1;
    const usual = Array.from({ length: count }, () =>
      this.#alerts.next(random, random.between(USUAL.from, USUAL.to)),
    );
    return random.chance(LARGE_SHARE) ? [...usual, this.#alerts.next(random, LARGE)] : usual;
  }

  async #sendUntilAccepted(alerts: readonly Alert[], random: Random): Promise<void> {
    const body = documentOf(alerts);
    while (!this.#givenUp.signal.aborted) {
      const status = await post(this.#url, this.#agent, body);
      this.attempted += alerts.length;
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      if (status === 200) {
        for (const { id } of alerts) this.accepted.add(id);
        return;
      }
      await pause(random.between(RETRY_PAUSE_MS.from, RETRY_PAUSE_MS.to), this.#givenUp.signal);
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
