/**
 * Feeds the queue's segments to a manager and removes them when the manager has them.
 *
 * A session carries whole segments, oldest first, the one that is still appended to as well. When
 * it ends, that one is sealed, so that "acknowledged" is a property of whole files: they are
 * removed, and nothing else has to be remembered. A session that fails leaves everything as it was.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { reason } from '../errors.ts';
import type { Disk } from '../queue/files.ts';
import type { Segment } from '../queue/queue.ts';
import type { Source } from '../queue/share.ts';
import { pauseAfter } from './backoff.ts';
import { Feed, type Session, type SessionLimits } from './feed.ts';
import { outcomeOf, type Outcome } from './outcome.ts';

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
  /** a frame that prelude-admin cannot decode was set aside */
  rejected(what: { alternative: number; name: string; segment: string; why: string }): void;
}

export interface RelayOptions {
  readonly queue: Source;
  readonly disk: Disk;
  readonly limits: SessionLimits;
  /** how many managers, or groups of them, there are to choose from */
  readonly alternatives: number;
  /** a session with that one of them */
  readonly start: (alternative: number) => Promise<Session>;
  /** finds the frame that prelude-admin cannot decode */
  readonly findUndecodable: (
    segments: readonly Segment[],
  ) => Promise<{ segment: Segment; index: number } | undefined>;
  readonly events: RelayEvents;
}

export class Relay {
  readonly #options: RelayOptions;
  readonly #stopping = new AbortController();
  /** failures in a row */
  #failures = 0;
  /** the one that worked, or is next */
  #alternative = 0;
  #session: Session | undefined;
  #running: Promise<void> | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Begins to relay. */
  start(): void {
    this.#running ??= this.#run();
  }

  /**
   * Ends the session that is open and waits for its acknowledgement, but not longer than that many
   * milliseconds; what is not delivered stays in the queue.
   */
  async stop(patience: number): Promise<void> {
    this.#stopping.abort();
    const timer = setTimeout(() => {
      this.#session?.stop();
    }, patience);
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
    while (!signal.aborted) {
      if (queue.segments.length > 0) await this.#deliver();
      else await Promise.race([queue.change(), stopped]);
    }
  }

  async #deliver(): Promise<void> {
    const { outcome, carried } = await this.#attempt();
    if (outcome.kind === 'delivered') await this.#acknowledge(carried);
    else if (outcome.kind === 'failed' || !(await this.#reject(carried, outcome.why)))
      await this.#pause(outcome.why);
  }

  /** One session. */
  async #attempt(): Promise<{ outcome: Outcome; carried: readonly Segment[] }> {
    let carried: readonly Segment[] = [];
    const { events } = this.#options;
    try {
      events.started({ alternative: this.#alternative });
      const session = await this.#options.start(this.#alternative);
      this.#session = session;
      try {
        const feed = new Feed(
          {
            ...this.#options,
            stopping: this.#stopping.signal,
            sent: (messages) => {
              events.sent({ messages });
            },
          },
          session,
        );
        ({ carried } = feed);
        const complete = await feed.run();
        const outcome = outcomeOf(await session.finish());
        if (complete || outcome.kind !== 'delivered') return { outcome, carried };
        return { outcome: { kind: 'failed', why: 'the manager ended the connection' }, carried };
      } finally {
        session.stop();
        this.#session = undefined;
      }
    } catch (error) {
      return { outcome: { kind: 'failed', why: reason(error) }, carried };
    }
  }

  async #acknowledge(carried: readonly Segment[]): Promise<void> {
    const { queue, events } = this.#options;
    const sum = (of: (segment: Segment) => number): number =>
      carried.reduce((total, segment) => total + of(segment), 0);
    const what = {
      alternative: this.#alternative,
      segments: carried.length,
      messages: sum(({ messages }) => messages),
      bytes: sum(({ length }) => length),
    };
    try {
      await queue.remove(carried);
    } catch (error) {
      await this.#pause(`delivered, but the segments cannot be removed: ${reason(error)}`);
      return;
    }
    this.#failures = 0;
    events.delivered(what);
  }

  /** Sets the frame aside that stopped prelude-admin; gives whether there was one. */
  async #reject(carried: readonly Segment[], why: string): Promise<boolean> {
    const { queue, events, findUndecodable } = this.#options;
    try {
      await queue.seal();
      const found = await findUndecodable(carried);
      if (found === undefined) return false;
      const name = await queue.setAside(found.segment, found.index, why);
      const alternative = this.#alternative;
      events.rejected({ alternative, name, segment: found.segment.path, why });
    } catch (error) {
      await this.#pause(`a frame that cannot be decoded could not be set aside: ${reason(error)}`);
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
