import { startApache, type Apache } from './apache.ts';
import type { Scope } from './cleanup.ts';
import { Gateway } from './gateway.ts';
import { startManager, type Manager } from './manager.ts';

/** The whole way of a message. */
export interface Way {
  apache: Apache;
  gateway: Gateway;
  manager: Manager;
}

/** Starts a manager with a new profile, a gateway that uses it, and Apache in front of the gateway. */
export async function startWay(scope: Scope, name: string): Promise<Way> {
  const manager = await startManager(scope, name);
  return startInFront(scope, manager);
}

/**
 * Starts a gateway with a new queue, and Apache in front of it; the manager may be there or not.
 * With another address the gateway sends there and not to the manager alone.
 */
export async function startInFront(
  scope: Scope,
  manager: Manager,
  address = manager.address,
): Promise<Way> {
  const gateway = new Gateway(scope, ['--profile', manager.profile, '--manager', address]);
  await gateway.start();
  return { manager, gateway, apache: await startApache(scope, gateway.socket) };
}
