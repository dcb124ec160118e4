/** The settings in which a gateway is tried. */

/** How the gateway is connected and run. */
export interface Setting {
  readonly name: string;
  /** one manager, two of which one gets an alert, or two that both get everything */
  readonly managers: 'a' | 'a || b' | 'a && b';
  readonly workers: number;
  /** whether it gets its listening socket as from systemd */
  readonly socketIsPassed: boolean;
}

/** All of them. */
export const SETTINGS: readonly Setting[] = [
  { name: 'single', managers: 'a', workers: 1, socketIsPassed: false },
  { name: 'failover', managers: 'a || b', workers: 1, socketIsPassed: false },
  { name: 'both', managers: 'a && b', workers: 1, socketIsPassed: false },
  { name: 'workers', managers: 'a', workers: 2, socketIsPassed: false },
  { name: 'passed', managers: 'a', workers: 1, socketIsPassed: true },
  { name: 'passed-workers', managers: 'a', workers: 2, socketIsPassed: true },
];
