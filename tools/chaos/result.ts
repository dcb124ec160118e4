import type { Faults } from './faults.ts';
import type { GatewayProcess } from './gateway-process.ts';
import type { ManagerProcess } from './manager-process.ts';
import type { ChaosOptions } from './run.ts';
import type { Senders } from './senders.ts';
import type { Setting } from './setting.ts';

/** What a run leaves to be judged. */
export interface ChaosResult {
  readonly setting: Setting;
  readonly options: ChaosOptions;
  /** of faults and sending */
  readonly seconds: number;
  /** of everything */
  readonly total: number;
  /** messageids that are in the queue's directory at the end */
  readonly left: ReadonlySet<string>;
  readonly faults: Faults;
  readonly senders: Senders;
  readonly gateway: GatewayProcess;
  /** groups of managers: of each group one has to get an alert */
  readonly destinations: readonly (readonly ManagerProcess[])[];
}

/** Messageids that were answered 200 and have not arrived everywhere. */
export interface Losses {
  /** those that the gateway has lost, neither left in its queue nor in the other list */
  readonly byGateway: string[];
  /** those that a killed manager had read, see evidence.ts */
  readonly byManager: string[];
}

/** Who has lost what. */
export function losses({ senders, destinations, left }: ChaosResult): Losses {
  const byGateway = new Set<string>();
  const byManager = new Set<string>();
  for (const group of destinations)
    for (const id of senders.accepted) {
      if (left.has(id) || group.some(({ received }) => received.counts.has(id))) continue;
      if (group.some(({ atRisk }) => atRisk.has(id))) byManager.add(id);
      else byGateway.add(id);
    }
  return { byGateway: [...byGateway], byManager: [...byManager] };
}

/** Messageids of the alerts of which a manager has written other fields than were sent. */
export function tornOf({ destinations }: ChaosResult): string[] {
  return destinations.flat().flatMap(({ received }) => received.torn);
}

/** Whether the promise was kept. */
export function isKept(result: ChaosResult): boolean {
  const { left, gateway } = result;
  return (
    losses(result).byGateway.length === 0 &&
    tornOf(result).length === 0 &&
    left.size === 0 &&
    gateway.stayedDown === 0
  );
}
