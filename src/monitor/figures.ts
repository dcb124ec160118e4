/**
 * All figures of the gateway since it was started. Whatever a request or a validation adds is plain
 * data, so that it can come from another process.
 */
import { ERRORS, type ErrorCode, type Position } from '../errors.ts';
import { Histogram } from './histogram.ts';
import { minuteOf, Minutes } from './minutes.ts';
import { RelayFigures } from './relay-figures.ts';

/** Why a request was refused: nothing that quotes its document. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly position?: Position | undefined;
  /** IDMEF path */
  readonly path?: string | undefined;
}

/** How a request was answered, as plain data. */
export interface Answered {
  readonly status: number;
  readonly milliseconds: number;
  readonly bytes: number;
  readonly alerts: number;
  readonly heartbeats: number;
  /** the sender's address */
  readonly client: string;
  /** subject of the sender's certificate */
  readonly subject?: string | undefined;
  readonly refusal?: Refusal | undefined;
}

/** A request that was refused. */
export interface Refused extends Refusal {
  readonly status: number;
  readonly client: string;
  readonly subject: string | undefined;
  /** milliseconds since 1970 */
  readonly at: number;
}

/** What requests add to the figures. */
export interface RequestFigures {
  answered(what: Answered): void;
  /** a client went away in the middle of its request */
  aborted(): void;
  /** a document was validated, in that time */
  validated(milliseconds: number): void;
}

/** refusals that are kept */
const REFUSALS = 20;
const OK = 200;

const REQUEST_BOUNDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];
const SYNC_BOUNDS = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
const VALIDATION_BOUNDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20,
];

function isErrorCode(code: string): code is ErrorCode {
  return code in ERRORS;
}

/** The errors that requests can be refused with. */
function refusalCodes(): ErrorCode[] {
  return Object.keys(ERRORS)
    .filter((code) => isErrorCode(code) && 'status' in ERRORS[code])
    .filter(isErrorCode);
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export class Figures implements RequestFigures {
  /** answered requests by status; the known ones from the beginning, so that rates see the first */
  readonly requests = new Map<number, number>([[OK, 0]]);
  /** refused requests by error */
  readonly rejected = new Map<ErrorCode, number>();
  readonly messages = { alerts: 0, heartbeats: 0 };
  abortedRequests = 0;
  receivedBytes = 0;
  readonly requestDurations = new Histogram(REQUEST_BOUNDS);
  readonly syncDurations = new Histogram(SYNC_BOUNDS);
  readonly validationDurations = new Histogram(VALIDATION_BOUNDS);
  /** when the gateway's own last heartbeat was queued, in milliseconds since 1970 */
  lastHeartbeat: number | undefined;
  readonly startedAt: number;
  readonly #now: () => number;
  readonly #accepted = new Minutes();
  readonly #refused = new Minutes();
  readonly #refusals: Refused[] = [];
  readonly #relays: RelayFigures[] = [];

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.startedAt = now();
    for (const code of refusalCodes()) {
      this.rejected.set(code, 0);
      const { status } = { status: OK, ...ERRORS[code] };
      this.requests.set(status, 0);
    }
  }

  answered({ status, milliseconds, bytes, alerts, heartbeats, ...who }: Answered): void {
    increment(this.requests, status);
    this.requestDurations.observe(milliseconds / 1000);
    this.receivedBytes += bytes;
    const { client, subject, refusal } = who;
    const minute = minuteOf(this.#now());
    if (refusal === undefined) {
      this.messages.alerts += alerts;
      this.messages.heartbeats += heartbeats;
      this.#accepted.add(minute, alerts + heartbeats);
      return;
    }
    increment(this.rejected, refusal.code);
    this.#refused.add(minute, 1);
    this.#refusals.unshift({ ...refusal, status, client, subject, at: this.#now() });
    this.#refusals.length = Math.min(this.#refusals.length, REFUSALS);
  }

  aborted(): void {
    this.abortedRequests++;
  }

  validated(milliseconds: number): void {
    this.validationDurations.observe(milliseconds / 1000);
  }

  /** An fdatasync of the queue has returned. */
  synced(milliseconds: number): void {
    this.syncDurations.observe(milliseconds / 1000);
  }

  /** A heartbeat of the gateway itself was queued. */
  beat(): void {
    this.lastHeartbeat = this.#now();
  }

  /** A relay is there. @param managers the address of each alternative */
  addRelay(managers: readonly string[]): RelayFigures {
    const relay = new RelayFigures(managers, this.#now);
    this.#relays.push(relay);
    return relay;
  }

  get relays(): readonly RelayFigures[] {
    return this.#relays;
  }

  /** The last requests that were refused, newest first. */
  get refusals(): readonly Refused[] {
    return this.#refusals;
  }

  /** Messages accepted per minute of the hour that ends with that minute. */
  accepted(minute: number): number[] {
    return this.#accepted.until(minute);
  }

  /** Requests refused per minute of the hour that ends with that minute. */
  refused(minute: number): number[] {
    return this.#refused.until(minute);
  }
}
