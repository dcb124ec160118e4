import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Manager } from '../helpers/manager.ts';
import type { Names } from './alert.ts';
import { idsInFolder, idsInMemory } from './evidence.ts';
import { argumentsOf, pidsWith, signal, untilStopped } from './processes.ts';
import type { Random } from './random.ts';
import { Received } from './received.ts';

/** how often, every 10 ms, it is looked for something to be reported */
const BUSY_ATTEMPTS = 200;
/** how long, in milliseconds, it is stopped before it ends: sessions that end meanwhile wait for it */
const LONGEST_STOP = 4000;
/** milliseconds after which a connection of a manager that is dead has ended in every way */
const SETTLED = 1000;

/** The manager, what it has reported, and what it took with it when it was killed. */
export class ManagerProcess {
  readonly received: Received;
  /**
   * messageids that a killed manager had read, and that nobody else had at that time: its spool may
   * bring them back, but if not the manager itself has lost them
   */
  readonly atRisk = new Set<string>();
  /** how many kills had any */
  risky = 0;
  readonly #manager: Manager;
  readonly #names: Names;
  readonly #queue: string;
  readonly #spool: string;

  /** @param manager which runs; @param queue the gateway's queue directory */
  constructor(manager: Manager, names: Names, queue: string) {
    this.#manager = manager;
    this.#names = names;
    this.#queue = queue;
    const config = argumentsOf(this.#pid).find((argument) => argument.endsWith('/manager.conf'));
    const folder = dirname(config ?? '');
    this.received = new Received(join(folder, 'alerts.xml'), names);
    this.#spool = join(folder, 'spool');
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
      await sleep(random.between(0, LONGEST_STOP));
      // it gets this one first when it goes on
      signal(this.#pid, 'SIGTERM');
    }
    await this.#manager.stop();
    await sleep(milliseconds);
    await this.#manager.start();
  }

  /** Ends it with SIGKILL while it is stopped, sees what it had, and starts it after a time. */
  async killAndRestart(random: Random, milliseconds: number): Promise<void> {
    const pid = this.#pid;
    await this.#untilBusy();
    this.#manager.freeze();
    await untilStopped(pid);
    await sleep(random.between(0, LONGEST_STOP));
    const held = idsInMemory(pid, this.#names);
    await this.#manager.kill();
    await sleep(Math.max(milliseconds, SETTLED));
    for (const id of idsInFolder(this.#spool, this.#names)) held.add(id);
    // what the gateway still has now it will send again
    const waiting = idsInFolder(this.#queue, this.#names);
    this.received.update();
    const alone = [...held].filter((id) => !waiting.has(id) && !this.received.counts.has(id));
    for (const id of alone) this.atRisk.add(id);
    if (alone.length > 0) this.risky++;
    await this.#manager.start();
  }

  /** Waits until it reports something: then a session is open, if only for a moment. */
  async #untilBusy(): Promise<void> {
    this.received.update();
    for (let attempt = 0; attempt < BUSY_ATTEMPTS; attempt++) {
      await sleep(10);
      if (this.received.update()) return;
    }
  }

  get #pid(): number {
    const [pid] = pidsWith('prelude-manager', `secef-manager-${this.#manager.port}`);
    if (pid === undefined) throw new Error('the manager does not run');
    return pid;
  }
}
