import type { Faults } from './faults.ts';
import type { GatewayProcess } from './gateway-process.ts';
import type { ManagerProcess } from './manager-process.ts';
import type { ChaosOptions } from './run.ts';
import type { Senders } from './senders.ts';

/** What a run leaves to be judged. */
export interface ChaosResult {
  options: ChaosOptions;
  /** of faults and sending */
  seconds: number;
  /** of everything */
  total: number;
  /** messageids that are in the queue at the end */
  left: number;
  faults: Faults;
  senders: Senders;
  gateway: GatewayProcess;
  manager: ManagerProcess;
}

/** Messageids that were answered 200 and have not arrived. */
export interface Losses {
  /** those that the gateway has lost */
  byGateway: string[];
  /** those that a killed manager had read, see evidence.ts */
  byManager: string[];
}

/** Who has lost what. */
export function losses({ senders, manager }: ChaosResult): Losses {
  const missing = [...senders.accepted].filter((id) => !manager.received.counts.has(id));
  return {
    byGateway: missing.filter((id) => !manager.atRisk.has(id)),
    byManager: missing.filter((id) => manager.atRisk.has(id)),
  };
}

/** Whether the promise was kept. */
export function isKept(result: ChaosResult): boolean {
  const { received } = result.manager;
  return losses(result).byGateway.length === 0 && received.torn.length === 0 && result.left === 0;
}
