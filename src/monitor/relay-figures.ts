/** What is known of one relay and the managers that it can choose from. */
import { minuteOf, Minutes } from './minutes.ts';

/**
 * idle: no session, since nothing waits or another manager is used; failed: the last session
 * failed, and the next one has not begun.
 */
export type ManagerState = 'idle' | 'connecting' | 'connected' | 'failed';
export const MANAGER_STATES: readonly ManagerState[] = [
  'idle',
  'connecting',
  'connected',
  'failed',
];

/** Why a session failed, and when, in milliseconds since 1970. */
export interface Failure {
  readonly why: string;
  readonly at: number;
}

/** One manager, or a group of them that all get everything. */
export interface ManagerFigures {
  /** its address, as in the log */
  readonly manager: string;
  readonly state: ManagerState;
  /** whether it could be reached when that was last tried; undefined if it never was */
  readonly reachable: boolean | undefined;
  /** sessions by how they ended */
  readonly sessions: Readonly<Record<'acknowledged' | 'failed' | 'undecodable', number>>;
  /** messages that it has acknowledged */
  readonly acknowledged: number;
  /** messages of sessions that failed after the connection stood: they are sent again */
  readonly resent: number;
  /** milliseconds since 1970 */
  readonly lastAcknowledged: number | undefined;
  readonly lastFailure: Failure | undefined;
}

interface OwnManager extends ManagerFigures {
  state: ManagerState;
  reachable: boolean | undefined;
  sessions: { acknowledged: number; failed: number; undecodable: number };
  acknowledged: number;
  resent: number;
  lastAcknowledged: number | undefined;
  lastFailure: Failure | undefined;
}

/** Is told what a relay does; the alternatives count from 0. */
export class RelayFigures {
  readonly #managers: readonly OwnManager[];
  readonly #now: () => number;
  /** messages that a manager has acknowledged, by the minute in which they were sent */
  readonly #delivered = new Minutes();
  /** messages that the session that is open has sent */
  readonly #sent = new Minutes();
  #up = true;

  /** @param managers the address of each alternative */
  constructor(managers: readonly string[], now: () => number) {
    this.#now = now;
    this.#managers = managers.map((manager) => ({
      manager,
      state: 'idle',
      reachable: undefined,
      sessions: { acknowledged: 0, failed: 0, undecodable: 0 },
      acknowledged: 0,
      resent: 0,
      lastAcknowledged: undefined,
      lastFailure: undefined,
    }));
  }

  get managers(): readonly ManagerFigures[] {
    return this.#managers;
  }

  /** It delivers, or nothing has failed yet: false from a failure until a connection stands again. */
  get up(): boolean {
    return this.#up;
  }

  /** Acknowledged messages of the last hour, by the minute in which they were sent. */
  delivered(minute: number): number[] {
    return this.#delivered.until(minute);
  }

  /** Messages of the last hour that have been sent and not been acknowledged yet. */
  awaiting(minute: number): number[] {
    return this.#sent.until(minute);
  }

  /** A session begins. */
  onStart(alternative: number): void {
    this.#sent.clear();
    this.#change(alternative, (manager) => {
      manager.state = 'connecting';
    });
  }

  /** The connection stands: the manager has let the gateway in. */
  onConnected(alternative: number): void {
    this.#change(alternative, (manager) => {
      // of a group one may tell so when another one has failed
      if (manager.state !== 'connecting') return;
      manager.state = 'connected';
      manager.reachable = true;
      this.#up = true;
    });
  }

  onSent(messages: number): void {
    this.#sent.add(minuteOf(this.#now()), messages);
  }

  onAcknowledged(alternative: number, messages: number): void {
    this.#sent.moveTo(this.#delivered);
    this.#up = true;
    this.#change(alternative, (manager) => {
      manager.state = 'idle';
      manager.reachable = true;
      manager.sessions.acknowledged++;
      manager.acknowledged += messages;
      manager.lastAcknowledged = this.#now();
    });
  }

  onFailure(alternative: number, why: string): void {
    this.#up = false;
    this.#endUnacknowledged(alternative, 'failed', (manager) => {
      manager.state = 'failed';
      manager.reachable = false;
      manager.lastFailure = { why, at: this.#now() };
    });
  }

  /** A session stopped at a message that cannot be decoded. */
  onUndecodable(alternative: number): void {
    this.#endUnacknowledged(alternative, 'undecodable', (manager) => {
      manager.state = 'idle';
    });
  }

  #endUnacknowledged(
    alternative: number,
    how: 'failed' | 'undecodable',
    change: (manager: OwnManager) => void,
  ): void {
    this.#change(alternative, (manager) => {
      manager.sessions[how]++;
      // before that nothing has left this host
      if (manager.state === 'connected') manager.resent += this.#sent.total;
      change(manager);
    });
    this.#sent.clear();
  }

  #change(alternative: number, change: (manager: OwnManager) => void): void {
    const manager = this.#managers[alternative];
    if (manager !== undefined) change(manager);
  }
}
