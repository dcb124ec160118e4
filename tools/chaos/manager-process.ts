import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Manager } from '../../test/helpers/manager.ts';
import type { Alerts } from './alert.ts';
import { idsInFolder, idsInMemory } from './evidence.ts';
import type { Link } from './link.ts';
import { signal, untilStopped } from './processes.ts';
import type { Random } from './random.ts';
import { Received } from './received.ts';

const STARTS = 5;
const RESTART_MS = 1000;
const POLL_MS = 10;
/** how long it waits for something that the manager reports, or for an acknowledgement */
const BUSY_TIMEOUT_MS = 2000;
const ACKNOWLEDGED_TIMEOUT_MS = 4000;
/** how long it is stopped before it ends: sessions that end meanwhile wait for it */
const LONGEST_STOP_MS = 4000;
/** after that the gateway has noticed that a killed manager's connections have ended */
const SETTLED_MS = 2000;

/** What a manager's judge has to know of the gateway. */
export interface GatewayView {
  /** messageids of the alerts that the gateway will send to this manager again */
  waiting(): Set<string>;
  /** how many sessions have been acknowledged so far */
  acknowledged(): number;
}

/** A manager behind its link, what it has reported, and what it took with it when it was killed. */
export class ManagerProcess {
  readonly received: Received;
  readonly link: Link;
  /**
   * messageids that a killed manager had read and that nobody else had at that time: its spool may
   * bring them back, but if not the manager itself has lost them
   */
  readonly atRisk = new Set<string>();
  /** how many kills had any */
  risky = 0;
  readonly #manager: Manager;
  readonly #alerts: Alerts;
  readonly #gateway: GatewayView;
  readonly #spool: string;

  /** @param manager which runs */
  constructor(manager: Manager, link: Link, alerts: Alerts, gateway: GatewayView) {
    this.#manager = manager;
    this.link = link;
    this.#alerts = alerts;
    this.#gateway = gateway;
    this.received = new Received(manager.file, alerts);
    this.#spool = join(dirname(manager.file), 'spool');
  }

  /** Stops it for a time with SIGSTOP. */
  async freeze(milliseconds: number): Promise<void> {
    await this.#untilBusy();
    this.#manager.freeze();
    await sleep(milliseconds);
    this.#manager.thaw();
  }

  /** Ends it with SIGTERM, perhaps while it is stopped, and starts it after a time. */
  async restart(random: Random, milliseconds: number): Promise<void> {
    if (random.chance(0.5)) {
      await this.#untilBusy();
      this.#manager.freeze();
      await sleep(random.between(0, LONGEST_STOP_MS));
      // it gets this one first when it goes on
      signal(this.#manager.pid, 'SIGTERM');
    }
    await this.#manager.stop();
    await sleep(milliseconds);
    await this.#start();
  }

  /**
   * Ends it with SIGKILL, often right after it has acknowledged a session, looks at what it had, for
   * which it is stopped before, and starts it after a time.
   */
  async killAndRestart(random: Random, milliseconds: number): Promise<void> {
    const { pid } = this.#manager;
    const atOnce = random.chance(0.5);
    const stopMs = random.between(0, LONGEST_STOP_MS);
    await (atOnce ? this.#untilAcknowledged() : this.#untilBusy());
    this.#manager.freeze();
    await untilStopped(pid);
    if (!atOnce) await sleep(stopMs);
    const held = idsInMemory(pid, this.#alerts);
    await this.#manager.kill();
    // an acknowledgement that is still on its way through a slow link would come after the look
    this.link.reset();
    await sleep(Math.max(milliseconds, SETTLED_MS));
    for (const id of idsInFolder(this.#spool, this.#alerts)) held.add(id);
    const waiting = this.#gateway.waiting();
    this.received.update();
    const alone = [...held].filter((id) => !waiting.has(id) && !this.received.counts.has(id));
    for (const id of alone) this.atRisk.add(id);
    if (alone.length > 0) this.risky++;
    await this.#start();
  }

  /**
   * Starts it; tries again where it cannot start: while it is down, an outgoing connection may use
   * its port for a moment.
   */
  async #start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#manager.start();
        return;
      } catch (error) {
        if (attempt === STARTS) throw error;
        await sleep(RESTART_MS);
      }
    }
  }

  /** Waits until it reports something: then a session is open, if only for a moment. */
  async #untilBusy(): Promise<void> {
    this.received.update();
    for (let waitedMs = 0; waitedMs < BUSY_TIMEOUT_MS; waitedMs += POLL_MS) {
      await sleep(POLL_MS);
      if (this.received.update()) return;
    }
  }

  /** Waits until a session is acknowledged. */
  async #untilAcknowledged(): Promise<void> {
    const before = this.#gateway.acknowledged();
    for (let waitedMs = 0; waitedMs < ACKNOWLEDGED_TIMEOUT_MS; waitedMs += POLL_MS) {
      if (this.#gateway.acknowledged() > before) return;
      await sleep(POLL_MS);
    }
  }
}
