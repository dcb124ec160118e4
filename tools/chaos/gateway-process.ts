import { setTimeout as sleep } from 'node:timers/promises';
import type { Scope } from '../../test/helpers/cleanup.ts';
import { until } from '../../test/helpers/until.ts';
import { OwnSocket, PassedSocket, type Launcher, type Watcher } from './launcher.ts';
import { Lock } from './lock.ts';
import { childrenOf, signal } from './processes.ts';
import type { Random } from './random.ts';

/** Events of which each is worth a look. */
const REMARKABLE = ['defect', 'failed', 'damaged', 'rejected', 'quarantined', 'protocol-error'];
const MAX_REMARKS = 30;
/** how often a start is tried */
const STARTS = 20;
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 30_000;
/** systemd's RestartSec */
const RESTART_MS = 1000;
/** exit statuses after which systemd does not start the service again: RestartPreventExitStatus */
const FINAL_STATUSES = [2, 78];

/** What a gateway is started with. */
export interface GatewaySetup {
  /** path of the program secef */
  readonly program: string;
  readonly args: readonly string[];
  /** values of --queue-limit, one of which each start takes */
  readonly limits: readonly [string, ...string[]];
  /** whether it gets its listening socket as from systemd */
  readonly socketIsPassed: boolean;
}

/** One gateway after the other with the same socket and queue, started again when it ends by itself. */
export class GatewayProcess {
  /** how often each event was logged */
  readonly events = new Map<string, number>();
  /** what should not have happened: log lines and ends, not more than some */
  readonly remarkable: string[] = [];
  /** how often it ended without having been told to */
  endedByItself = 0;
  /** how often it ended in a way after which systemd leaves it down */
  stayedDown = 0;
  readonly #setup: GatewaySetup;
  readonly #random: Random;
  readonly #lock = new Lock();
  #launcher: Launcher | undefined;
  #pid: number | undefined;
  #isListening = false;
  /** the status of the one that has ended */
  #ended: number | undefined;
  /** whether its end would be our doing */
  #endIsWanted = true;

  private constructor(setup: GatewaySetup, random: Random) {
    this.#setup = setup;
    this.#random = random;
  }

  /** Makes the socket, or the place for it, and starts the first one. */
  static async start(scope: Scope, setup: GatewaySetup, random: Random): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(setup, random);
    const watcher: Watcher = {
      line: (text) => {
        gateway.#onLine(text);
      },
      ended: (status) => {
        gateway.#onEnd(status);
      },
    };
    const command = [setup.program, ...setup.args];
    gateway.#launcher = setup.socketIsPassed
      ? await PassedSocket.listen(scope, command, watcher)
      : new OwnSocket(scope, command, watcher);
    await gateway.restart();
    return gateway;
  }

  /** Where Apache finds it. */
  get socket(): string {
    return this.#launcher?.socket ?? '';
  }

  /** Starts one unless one runs; resolves when it listens. */
  restart(): Promise<void> {
    return this.#lock.run(() => this.#start());
  }

  /** Ends it with a signal, and starts the next one. */
  replace(name: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    return this.#lock.run(async () => {
      await this.#end(name);
      await this.#start();
    });
  }

  /** Ends it with SIGTERM. */
  stop(): Promise<void> {
    return this.#lock.run(() => this.#end('SIGTERM'));
  }

  /** Ends it and what has started it. */
  async dispose(): Promise<void> {
    await this.stop();
    await this.#launcher?.end();
  }

  /** Stops it, its workers and its prelude-admin for a time with SIGSTOP. */
  freeze(milliseconds: number): Promise<void> {
    return this.#lock.run(async () => {
      const pids = [this.#pid ?? 0, ...this.#workers(), ...this.#admins()].filter((pid) => pid > 0);
      for (const pid of pids) signal(pid, 'SIGSTOP');
      await sleep(milliseconds);
      for (const pid of pids) signal(pid, 'SIGCONT');
    });
  }

  /** Kills its prelude-admin; gives whether there was one. */
  killAdmin(): boolean {
    return this.#admins().filter((pid) => signal(pid, 'SIGKILL')).length > 0;
  }

  /** Stops its prelude-admin for a time with SIGSTOP; gives whether there was one. */
  async freezeAdmin(milliseconds: number): Promise<boolean> {
    const pids = this.#admins().filter((pid) => signal(pid, 'SIGSTOP'));
    await sleep(milliseconds);
    for (const pid of pids) signal(pid, 'SIGCONT');
    return pids.length > 0;
  }

  /** Kills one of its workers, or all; gives whether there was one. */
  killWorkers(which: 'one' | 'all', random: Random): boolean {
    const workers = random.shuffled(this.#workers());
    const chosen = which === 'all' ? workers : workers.slice(0, 1);
    return chosen.filter((pid) => signal(pid, 'SIGKILL')).length > 0;
  }

  #workers(): number[] {
    return this.#pid === undefined ? [] : childrenOf(this.#pid, 'node');
  }

  #admins(): number[] {
    return this.#pid === undefined ? [] : childrenOf(this.#pid, 'prelude-admin');
  }

  async #start(): Promise<void> {
    if (this.#isListening) return;
    for (let attempt = 1; ; attempt++) {
      this.#pid = undefined;
      this.#ended = undefined;
      this.#endIsWanted = true; // an end is seen below
      this.#launcher?.launch(this.#random.one(this.#setup.limits));
      const failure = await this.#untilListening();
      if (failure === undefined) break;
      this.#note(`a start ended with status ${failure}`);
      if (attempt === STARTS) throw new Error(`the gateway does not start: ${this.#remarks()}`);
      await sleep(RESTART_MS);
    }
    this.#endIsWanted = false;
  }

  /**
   * Waits until it listens or has ended; one that does neither is killed.
   * @returns its exit status if it has ended
   */
  async #untilListening(): Promise<number | undefined> {
    const patience = setTimeout(() => {
      this.#note('it does not listen');
      if (this.#pid !== undefined) signal(this.#pid, 'SIGKILL');
    }, START_TIMEOUT_MS);
    try {
      await until(
        () => this.#isListening || this.#ended !== undefined,
        2 * START_TIMEOUT_MS,
        () => `a gateway that listens or ends: ${this.#remarks()}`,
      );
      return this.#ended;
    } finally {
      clearTimeout(patience);
    }
  }

  async #end(name: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const pid = this.#pid;
    if (!this.#isListening || pid === undefined) return;
    this.#endIsWanted = true;
    signal(pid, name);
    const patience = setTimeout(() => {
      this.#note(`${name} did not end it`);
      signal(pid, 'SIGKILL');
    }, STOP_TIMEOUT_MS);
    await until(
      () => !this.#isListening,
      2 * STOP_TIMEOUT_MS,
      () => `end of the gateway ${pid}`,
    );
    clearTimeout(patience);
    if (name === 'SIGTERM' && this.#ended !== 0)
      this.#note(`${name}: ended with status ${this.#ended ?? '?'}`);
  }

  #onLine(text: string): void {
    const [, event = ''] = /"event":"([^"]*)"/.exec(text) ?? [];
    if (event === '') return;
    if (event === 'starting') this.#pid = Number(/"pid":(\d+)/.exec(text)?.[1]);
    if (event === 'listening') this.#isListening = true;
    this.events.set(event, (this.events.get(event) ?? 0) + 1);
    if (REMARKABLE.includes(event)) this.#note(text);
  }

  #onEnd(status: number): void {
    this.#isListening = false;
    this.#ended = status;
    if (FINAL_STATUSES.includes(status)) this.stayedDown++;
    if (this.#endIsWanted) return;
    this.endedByItself++;
    this.#note(`ended by itself with status ${status}`);
    setTimeout(() => {
      this.restart().catch((error: unknown) => {
        this.#note(String(error));
      });
    }, RESTART_MS);
  }

  #note(remark: string): void {
    if (this.remarkable.length < MAX_REMARKS)
      this.remarkable.push(`${new Date().toISOString()} ${remark}`);
  }

  #remarks(): string {
    return this.remarkable.slice(-5).join('\n');
  }
}
