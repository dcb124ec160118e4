/**
 * Feeds the queue's requests to a manager and tells the queue when the manager has them.
 *
 * A session carries whole requests, oldest first. When the manager has acknowledged it, the queue
 * remembers how much of each segment is delivered. A session that fails leaves everything as it was,
 * but the next one carries less, see limits.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { reason } from '../errors.ts';
import type { Source } from '../queue/share.ts';
import { pauseAfter } from './backoff.ts';
import { Feed, type Carried, type Session } from './feed.ts';
import { AdaptiveLimits, type SessionLimits } from './limits.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import type { UndecodableFrame } from './undecodable.ts';

export interface RelayEvents {
  /** a session begins */
  started(what: { alternative: number }): void;
  /** the session that is open has been given so many more messages */
  sent(what: { messages: number }): void;
  /** a session was acknowledged */
  delivered(what: { alternative: number; segments: number; messages: number; bytes: number }): void;
  /** a session failed; everything since the last acknowledgement is sent again after the pause */
  failed(what: {
    alternative: number;
    why: string;
    failures: number;
    pause: number;
    waiting: number;
  }): void;
  /** a frame that prelude-admin cannot decode was excluded; `name` of its copy, if there was room for it */
  rejected(what: {
    alternative: number;
    name: string | undefined;
    segment: string;
    why: string;
  }): void;
}

export interface RelayOptions {
  readonly queue: Source;
  /** of a link that does not break */
  readonly limits: SessionLimits;
  /** how many managers, or groups of them, there are to choose from */
  readonly alternatives: number;
  /** a session with that one of them */
  readonly start: (alternative: number) => Promise<Session>;
  /**
   * Finds the frame that prelude-admin cannot decode, in what a session was given. It rejects if
   * prelude-admin cannot be asked.
   */
  readonly findUndecodable: (carried: readonly Carried[]) => Promise<UndecodableFrame | undefined>;
  readonly events: RelayEvents;
}

export class Relay {
  readonly #options: RelayOptions;
  readonly #stopping = new AbortController();
  readonly #limits: AdaptiveLimits;
  /** failures in a row */
  #failures = 0;
  /** the one that worked, or is next */
  #alternative = 0;
  #session: Session | undefined;
  /** when the last session may begin, once it stops (performance.now) */
  #lastStart = Infinity;
  #running: Promise<void> | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#limits = new AdaptiveLimits(options.limits);
  }

  /** Begins to relay. */
  start(): void {
    this.#running ??= this.#run();
  }

  /**
   * Ends the session that is open and waits for its acknowledgement. While sessions succeed, further
   * ones carry the rest, but none begins in the second half of the time that is given.
   * @param timeoutMs after which a session is ended all the same; what it carried, and what is not
   *   delivered, stays in the queue
   */
  async stop(timeoutMs: number): Promise<void> {
    this.#lastStart = performance.now() + timeoutMs / 2;
    this.#stopping.abort();
    const timer = setTimeout(() => {
      this.#session?.stop();
    }, timeoutMs);
    await this.#running;
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    const { queue } = this.#options;
    const { signal } = this.#stopping;
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
    let delivered = true;
    while (!signal.aborted || (delivered && this.#mayStart)) {
      if (queue.segments.length > 0) delivered = await this.#deliver();
      else if (signal.aborted) return;
      else await Promise.race([queue.change(), stopped]);
    }
  }

  get #mayStart(): boolean {
    return performance.now() < this.#lastStart;
  }

  /** @returns whether a manager has acknowledged the session */
  async #deliver(): Promise<boolean> {
    const { outcome, carried } = await this.#attempt();
    if (outcome.kind === 'delivered') {
      await this.#acknowledge(carried);
      return true;
    }
    if (outcome.kind === 'failed' || !(await this.#reject(carried, outcome.why)))
      await this.#pause(outcome.why);
    return false;
  }

  /** One session. */
  async #attempt(): Promise<{ outcome: Outcome; carried: readonly Carried[] }> {
    const { events, start } = this.#options;
    try {
      events.started({ alternative: this.#alternative });
      const session = await start(this.#alternative);
      this.#session = session;
      try {
        return await this.#feed(session);
      } finally {
        session.stop();
        this.#session = undefined;
      }
    } catch (error) {
      return { outcome: { kind: 'failed', why: reason(error) }, carried: [] };
    }
  }

  async #feed(session: Session): Promise<{ outcome: Outcome; carried: readonly Carried[] }> {
    const { queue, events } = this.#options;
    const feed = new Feed(
      {
        queue,
        limits: this.#limits.current,
        stopping: this.#stopping.signal,
        sent: (messages) => {
          events.sent({ messages });
        },
      },
      session,
    );
    const complete = await feed.run();
    const result = outcomeOf(await session.finish());
    const outcome: Outcome =
      complete || result.kind !== 'delivered'
        ? result
        : { kind: 'failed', why: 'the manager ended the connection' };
    // a manager that is not there says nothing of the link
    if (outcome.kind === 'failed' && session.connected) this.#limits.failed(feed.extent);
    return { outcome, carried: feed.carried };
  }

  /** The only place where the queue is told that something is delivered. */
  async #acknowledge(carried: readonly Carried[]): Promise<void> {
    const { queue, events } = this.#options;
    const sum = (of: (part: Carried) => number): number =>
      carried.reduce((total, part) => total + of(part), 0);
    const what = {
      alternative: this.#alternative,
      segments: carried.length,
      messages: sum(({ messages, messagesBefore }) => messages - messagesBefore),
      bytes: sum(({ length, from }) => length - from),
    };
    this.#failures = 0;
    this.#limits.delivered();
    await queue.acknowledge(carried);
    events.delivered(what);
  }

  /** Excludes the frame that stopped prelude-admin; gives whether there was one. */
  async #reject(carried: readonly Carried[], why: string): Promise<boolean> {
    const { queue, events, findUndecodable } = this.#options;
    try {
      const found = await findUndecodable(carried);
      if (found === undefined) return false;
      const { segment, frame } = found;
      const name = await queue.setAside(segment, frame, why);
      events.rejected({ alternative: this.#alternative, name, segment: segment.path, why });
    } catch (error) {
      await this.#pause(`cannot find the frame that cannot be decoded: ${reason(error)}`);
    }
    return true;
  }

  /** Turns to the next alternative; when all have failed it waits first. */
  async #pause(why: string): Promise<void> {
    const { queue, events, alternatives } = this.#options;
    this.#failures++;
    const alternative = this.#alternative;
    this.#alternative = (alternative + 1) % alternatives;
    const rounds = this.#failures / alternatives;
    const pause = Number.isInteger(rounds) ? Math.round(pauseAfter(rounds, Math.random())) : 0;
    const what = { alternative, why, failures: this.#failures, pause, waiting: queue.messages };
    events.failed(what);
    await sleep(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
