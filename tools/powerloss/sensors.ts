/** Sensors that post alerts over FastCGI, as Apache would, until they are stopped. */
import { setTimeout as sleep } from 'node:timers/promises';
import { post } from '../../test/accept/fastcgi.ts';
import { documentOf, type Alert, type Alerts } from '../chaos/alert.ts';
import type { Random } from '../chaos/random.ts';

/** characters of text in an alert; a large one spans many sectors and several segments' blocks */
const USUAL_SIZE = { from: 20, to: 3000 };
const LARGE_SIZE = 200_000;
const LARGE_SHARE = 0.03;
const PAUSE_MS = 20;

export class Sensors {
  /** messageids that were answered 200 */
  readonly accepted = new Set<string>();
  readonly #socket: string;
  readonly #alerts: Alerts;
  readonly #random: Random;
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>;

  /** Starts that many sensors. @param socket of the gateway */
  constructor(socket: string, alerts: Alerts, random: Random, count: number) {
    this.#socket = socket;
    this.#alerts = alerts;
    this.#random = random;
    this.#running = Promise.all(Array.from({ length: count }, () => this.#send()));
  }

  /** Sends nothing more and waits for the requests that are under way. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #send(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const alerts = this.#newAlerts();
      if ((await this.#statusOf(documentOf(alerts))) === 200)
        for (const { id } of alerts) this.accepted.add(id);
      await sleep(this.#random.between(0, PAUSE_MS));
    }
  }

  #newAlerts(): Alert[] {
    const random = this.#random;
    if (random.chance(LARGE_SHARE)) return [this.#alerts.next(random, LARGE_SIZE)];
    return Array.from({ length: random.between(1, 3) }, () =>
      this.#alerts.next(random, random.between(USUAL_SIZE.from, USUAL_SIZE.to)),
    );
  }

  /** 0 if there was no answer. */
  async #statusOf(body: string): Promise<number> {
    try {
      return (await post(this.#socket, body)).status;
    } catch {
      return 0;
    }
  }
}
