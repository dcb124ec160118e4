/** Power losses while alerts are sent: what was answered 200 must be there afterwards, and whole. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Alerts } from '../chaos/alert.ts';
import { Random } from '../chaos/random.ts';
import type { Scope } from '../../test/helpers/cleanup.ts';
import { Gateway } from '../../test/helpers/gateway.ts';
import { startManager, type Manager } from '../../test/helpers/manager.ts';
import { withoutSync } from './control.ts';
import { Sensors } from './sensors.ts';
import { VolatileDisk, type DiskCounts, type FileSystem } from './volatile-disk.ts';

export interface CrashOptions {
  readonly fileSystem: FileSystem;
  readonly crashes: number;
  /** the same seed makes the same choices, though not at the same moments */
  readonly seed: number;
  /** with a gateway that does not call fdatasync: it has to lose alerts */
  readonly control: boolean;
}

export interface CrashResult {
  /** power losses, those during a recovery included */
  readonly cuts: number;
  /** how many alerts were answered 200 before the power was cut */
  readonly accepted: number;
  /** messageids of those that never arrived */
  readonly lost: readonly string[];
  /** messageids of those that arrived with other content */
  readonly torn: readonly string[];
  /** segments that could not be delivered */
  readonly left: number;
  readonly disk: DiskCounts;
}

const SENSORS = 4;
const SENDING_MS = { from: 50, to: 1500 };
/** how often the power is cut again while the gateway recovers, and when */
const AGAIN_SHARE = 0.25;
const AGAIN_MS = { from: 0, to: 500 };
/** how often the manager is there while alerts are sent, so that segments are removed, too */
const MANAGER_SHARE = 0.5;
/** without a further message for so long no more is expected */
const QUIET_MS = 4_000;
/** A gateway that stops delivers what its session carries, not all of a long queue. */
const STOPS = 10;
const RESTART_MS = 500;

/** Cuts the power again and again. @param progress a line for each crash */
export async function runCrashes(
  scope: Scope,
  options: CrashOptions,
  progress: (line: string) => void,
): Promise<CrashResult> {
  const manager = await startManager(scope, 'powerloss');
  const disk = await VolatileDisk.create(scope, options.fileSystem);
  const args = ['--profile', manager.profile, '--manager', manager.address];
  const command = options.control ? withoutSync(scope) : undefined;
  const queue = join(disk.path, 'queue');
  const gateway = new Gateway(scope, args, undefined, { queue, command });
  const run = new Run({ manager, disk, gateway }, options);
  for (let crash = 1; crash <= options.crashes; crash++) {
    await run.crash();
    progress(`${options.fileSystem} crash ${crash}: ${run.describe()}`);
  }
  return run.result();
}

interface Parts {
  readonly manager: Manager;
  readonly disk: VolatileDisk;
  readonly gateway: Gateway;
}

class Run {
  readonly #managerShare: number;
  readonly #manager: Manager;
  readonly #disk: VolatileDisk;
  readonly #gateway: Gateway;
  readonly #alerts: Alerts;
  readonly #random: Random;
  #cuts = 0;
  #accepted = 0;
  #left = 0;
  readonly #lost: string[] = [];
  readonly #torn: string[] = [];

  constructor({ manager, disk, gateway }: Parts, { seed, control }: CrashOptions) {
    this.#manager = manager;
    this.#disk = disk;
    this.#gateway = gateway;
    // what a manager has before the power is cut cannot be lost any more
    this.#managerShare = control ? 0 : MANAGER_SHARE;
    this.#alerts = new Alerts(seed);
    this.#random = new Random(seed);
  }

  /** Sends alerts, cuts the power, recovers, and looks what is there. */
  async crash(): Promise<void> {
    const random = this.#random;
    await this.#manager.start();
    if (!random.chance(this.#managerShare)) await this.#manager.stop();
    await this.#gateway.start();
    const sensors = new Sensors(this.#gateway.socket, this.#alerts, random, SENSORS);
    await sleep(random.between(SENDING_MS.from, SENDING_MS.to));
    const accepted = [...sensors.accepted];
    await this.#lose();
    await sensors.stop();
    await this.#disk.restore(random);
    if (random.chance(AGAIN_SHARE)) {
      this.#gateway.launch();
      await sleep(random.between(AGAIN_MS.from, AGAIN_MS.to));
      await this.#lose();
      await this.#disk.restore(random);
    }
    await this.#deliver(accepted);
    this.#accepted += accepted.length;
  }

  describe(): string {
    return `${this.#cuts} power losses, ${this.#accepted} alerts answered 200, lost ${this.#lost.length}, torn ${this.#torn.length}, left ${this.#left}`;
  }

  result(): CrashResult {
    return {
      cuts: this.#cuts,
      accepted: this.#accepted,
      lost: this.#lost,
      torn: this.#torn,
      left: this.#left,
      disk: this.#disk.counts(),
    };
  }

  /** The machine goes down: first the disk, then everybody who uses it. */
  async #lose(): Promise<void> {
    this.#disk.cut();
    this.#cuts++;
    await this.#gateway.kill();
  }

  /** Lets the gateway deliver what it has, and compares. */
  async #deliver(accepted: readonly string[]): Promise<void> {
    const gateway = this.#gateway;
    await this.#manager.start();
    await gateway.start();
    await this.#untilQuiet(accepted);
    await gateway.stop();
    for (let stops = 0; gateway.segments().length > 0 && stops < STOPS; stops++) {
      await gateway.start();
      await sleep(RESTART_MS);
      await gateway.stop();
    }
    this.#left = gateway.segments().length;
    const received = new Map(
      this.#manager.received().map(({ messageid, xml }) => [messageid, xml]),
    );
    for (const id of accepted) {
      const xml = received.get(id);
      if (xml === undefined) this.#lost.push(id);
      else if (!this.#alerts.isIntact(id, xml)) this.#torn.push(id);
    }
  }

  /** Waits until all have arrived, or none has arrived for a while. */
  async #untilQuiet(accepted: readonly string[]): Promise<void> {
    let count = -1;
    for (let since = performance.now(); performance.now() - since < QUIET_MS;) {
      const received = new Set(this.#manager.received().map(({ messageid }) => messageid));
      if (accepted.every((id) => received.has(id))) return;
      if (received.size !== count) {
        count = received.size;
        since = performance.now();
      }
      await sleep(50);
    }
  }
}
