/** How much one session carries: less after a link has broken, so that a bad link makes progress. */

/** When a session is ended to be acknowledged. */
export interface SessionLimits {
  /** milliseconds without new messages */
  readonly idle: number;
  /** milliseconds since its start */
  readonly age: number;
  /** bytes sent */
  readonly bytes: number;
}

/** What a session came to. */
export interface SessionExtent {
  readonly bytes: number;
  /** milliseconds */
  readonly age: number;
}

/** A session that failed with less is no reason to carry less than half of this in the next one. */
const SMALL: SessionExtent = { bytes: 16 * 1024, age: 2000 };
/** the shortest; at least one request is carried in any case */
const SHORTEST: SessionExtent = { bytes: 1, age: 500 };
const GROWTH = 1.25;

/** The limits of one relay. */
export class AdaptiveLimits {
  readonly #most: SessionLimits;
  #current: SessionLimits;

  /** @param most the limits of a link that does not break */
  constructor(most: SessionLimits) {
    this.#most = most;
    this.#current = most;
  }

  get current(): SessionLimits {
    return this.#current;
  }

  /** The manager had let the session in, and it failed: half of what it carried is tried next. */
  failed({ bytes, age }: SessionExtent): void {
    const half = (limit: number, reached: number, small: number): number =>
      Math.min(limit, Math.max(reached, small)) / 2;
    this.#set(
      half(this.#current.bytes, bytes, SMALL.bytes),
      half(this.#current.age, age, SMALL.age),
    );
  }

  /** The session was acknowledged: the next one may carry a quarter more. */
  delivered(): void {
    this.#set(this.#current.bytes * GROWTH, this.#current.age * GROWTH);
  }

  #set(bytes: number, age: number): void {
    const within = (value: number, least: number, most: number): number =>
      Math.min(most, Math.max(least, value));
    this.#current = {
      idle: this.#most.idle,
      age: within(age, SHORTEST.age, this.#most.age),
      bytes: within(bytes, SHORTEST.bytes, this.#most.bytes),
    };
  }
}
