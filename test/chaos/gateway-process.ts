import { setTimeout as sleep } from 'node:timers/promises';
import type { Scope } from '../helpers/cleanup.ts';
import { Gateway } from '../helpers/gateway.ts';
import { childrenOf, pidsWith, signal } from './processes.ts';
import type { Random } from './random.ts';

/** events of which each is worth a look */
const REMARKABLE = ['defect', 'failed', 'damaged', 'rejected', 'protocol-error'];
/** how often a start is tried */
const STARTS = 20;

/** One gateway after the other with the same socket and queue. */
export class GatewayProcess {
  /** how often each event was logged */
  readonly events = new Map<string, number>();
  /** what should not have happened, as it was logged */
  readonly remarkable: string[] = [];
  readonly #gateways: readonly Gateway[];
  readonly #random: Random;
  #gateway: Gateway;

  /**
   * @param limits values of --queue-limit, one of which each start takes
   */
  constructor(
    scope: Scope,
    args: string[],
    queue: string,
    limits: readonly string[],
    random: Random,
  ) {
    const [first = '1G', ...others] = limits;
    // of an option that is given twice the last one counts
    const having = (limit: string): string[] => [...args, '--queue', queue, '--queue-limit', limit];
    this.#gateway = new Gateway(scope, having(first));
    const { socket } = this.#gateway;
    this.#gateways = [
      this.#gateway,
      ...others.map((limit) => new Gateway(scope, having(limit), socket)),
    ];
    this.#random = random;
  }

  /** Where Apache finds it. */
  get socket(): string {
    return this.#gateway.socket;
  }

  /** Starts one of them and waits until it accepts. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const choice = this.#random.between(0, this.#gateways.length - 1);
      this.#gateway = this.#gateways[choice] ?? this.#gateway;
      try {
        await this.#gateway.start();
        return;
      } catch (error) {
        this.#readLog();
        if (attempt === STARTS) throw error;
        this.remarkable.push(`a start failed: ${String(error)}`);
        await sleep(500);
      }
    }
  }

  /** Ends it with SIGTERM. */
  async stop(): Promise<void> {
    const exit = await this.#gateway.stop();
    if (exit.code !== 0) this.remarkable.push(`SIGTERM: ended with ${JSON.stringify(exit)}`);
    this.#readLog();
  }

  /** Ends it with SIGKILL. */
  async kill(): Promise<void> {
    await this.#gateway.kill();
    this.#readLog();
  }

  /** Kills its prelude-admin; gives whether there was one. */
  killAdmin(): boolean {
    const pids = pidsWith(this.#gateway.socket).flatMap((pid) => childrenOf(pid, 'prelude-admin'));
    return pids.filter((pid) => signal(pid, 'SIGKILL')).length > 0;
  }

  #readLog(): void {
    for (const line of this.#gateway.log()) {
      const event = String(line['event']);
      this.events.set(event, (this.events.get(event) ?? 0) + 1);
      if (REMARKABLE.includes(event)) this.remarkable.push(JSON.stringify(line));
    }
  }
}
