/**
 * Feeds the queue's segments to a manager and removes them when the manager has them.
 *
 * A session carries whole segments, oldest first, the one that is still appended to as well. When
 * it ends, that one is sealed, so that "acknowledged" is a property of whole files: they are
 * removed, and nothing else has to be remembered. A session that fails leaves everything as it was.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { reason } from '../errors.ts';
import type { Disk, ReadFile } from '../queue/files.ts';
import type { Queue, Segment } from '../queue/queue.ts';
import type { AdminSession } from './admin.ts';
import { pauseAfter } from './backoff.ts';
import { outcomeOf, type Outcome } from './outcome.ts';

/** When a session is ended to be acknowledged. */
export interface SessionLimits {
  /** milliseconds without new messages */
  readonly idle: number;
  /** milliseconds since its start */
  readonly age: number;
  /** bytes sent */
  readonly bytes: number;
}

export interface RelayEvents {
  /** a session was acknowledged */
  delivered(what: { segments: number; messages: number; bytes: number }): void;
  /** a session failed; everything since the last acknowledgement is sent again after the pause */
  failed(what: { why: string; failures: number; pause: number; waiting: number }): void;
  /** a frame that prelude-admin cannot decode was set aside */
  rejected(what: { name: string; segment: string; why: string }): void;
}

export interface RelayOptions {
  readonly queue: Queue;
  readonly disk: Disk;
  readonly limits: SessionLimits;
  readonly start: () => Promise<AdminSession>;
  /** finds the frame that prelude-admin cannot decode */
  readonly findUndecodable: (
    segments: readonly Segment[],
  ) => Promise<{ segment: Segment; index: number } | undefined>;
  readonly events: RelayEvents;
}

const BLOCK = 65536;
/** the queue is so full that what is delivered has to be acknowledged soon */
const PRESSURE = 0.5;

export class Relay {
  readonly #options: RelayOptions;
  readonly #stopping = new AbortController();
  #failures = 0;
  #session: AdminSession | undefined;
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

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    const { queue } = this.#options;
    while (!this.#stopped) {
      if (queue.segments.length > 0) await this.#deliver();
      else await this.#changeOrStop();
    }
  }

  /** Waits for a change of the queue, the stop, or that many milliseconds. */
  async #changeOrStop(milliseconds?: number): Promise<void> {
    const done = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, done.signal]);
    const pause = sleep(milliseconds ?? 2 ** 31 - 1, undefined, { signal }).catch(() => undefined);
    await Promise.race([this.#options.queue.change(), pause]);
    done.abort();
  }

  async #deliver(): Promise<void> {
    const carried: Segment[] = [];
    const outcome = await this.#attempt(carried);
    if (outcome.kind === 'delivered') await this.#acknowledge(carried);
    else if (outcome.kind === 'failed' || !(await this.#reject(carried, outcome.why)))
      await this.#pause(outcome.why);
  }

  /** Sets the frame aside that stopped prelude-admin; gives whether there was one. */
  async #reject(carried: readonly Segment[], why: string): Promise<boolean> {
    const { queue, events, findUndecodable } = this.#options;
    try {
      await queue.seal();
      const found = await findUndecodable(carried);
      if (found === undefined) return false;
      const name = await queue.setAside(found.segment, found.index, why);
      events.rejected({ name, segment: found.segment.path, why });
      return true;
    } catch (error) {
      await this.#pause(`a frame that cannot be decoded could not be set aside: ${reason(error)}`);
      return true;
    }
  }

  async #acknowledge(carried: readonly Segment[]): Promise<void> {
    const { queue, events } = this.#options;
    const sum = (of: (segment: Segment) => number): number =>
      carried.reduce((total, segment) => total + of(segment), 0);
    const what = {
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

  async #pause(why: string): Promise<void> {
    const { queue, events } = this.#options;
    this.#failures++;
    const pause = Math.round(pauseAfter(this.#failures, Math.random()));
    events.failed({ why, failures: this.#failures, pause, waiting: queue.messages });
    await sleep(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  /** One session. @param carried gets the segments that it carries */
  async #attempt(carried: Segment[]): Promise<Outcome> {
    try {
      const session = await this.#options.start();
      this.#session = session;
      try {
        await this.#feed(session, carried);
        return outcomeOf(await session.finish());
      } finally {
        session.stop();
        this.#session = undefined;
      }
    } catch (error) {
      return { kind: 'failed', why: reason(error) };
    }
  }

  /** Sends segments until the session is to be acknowledged or has ended. */
  async #feed(session: AdminSession, carried: Segment[]): Promise<void> {
    const { queue, limits } = this.#options;
    const begun = Date.now();
    let sent = 0;
    let lastSent = begun;
    const due = (): boolean =>
      this.#stopped ||
      Date.now() - begun >= limits.age ||
      Date.now() - lastSent >= limits.idle ||
      sent >= limits.bytes ||
      queue.bytes >= queue.limit * PRESSURE;
    const progress = (bytes: number): void => {
      sent += bytes;
      lastSent = Date.now();
    };
    while (!session.ended) {
      const next = this.#next(carried);
      // a segment in front is always carried to its end: only whole files are acknowledged
      if (next === undefined || (carried.length > 0 && due())) {
        if (due()) return;
        await this.#whicheverFirst(session, limits, begun, lastSent);
        continue;
      }
      carried.push(next);
      await this.#send(session, next, due, progress);
    }
  }

  #next(carried: readonly Segment[]): Segment | undefined {
    return this.#options.queue.segments.find((segment) => !carried.includes(segment));
  }

  /** Waits for news from the queue, the end of the session, or the time to end it. */
  async #whicheverFirst(
    session: AdminSession,
    limits: SessionLimits,
    begun: number,
    lastSent: number,
  ): Promise<void> {
    const left = Math.min(begun + limits.age, lastSent + limits.idle) - Date.now();
    await Promise.race([this.#changeOrStop(Math.max(1, left)), session.result]);
  }

  /** Sends one segment to its end, which for the last one is when the session is due. */
  async #send(
    session: AdminSession,
    segment: Segment,
    due: () => boolean,
    progress: (bytes: number) => void,
  ): Promise<void> {
    const { queue, disk } = this.#options;
    const file = await disk.openRead(segment.path);
    try {
      let offset = 0;
      const drain = async (): Promise<void> => {
        const from = offset;
        offset = await this.#sendFrom(session, file, offset, segment.length);
        if (offset > from) progress(offset - from);
      };
      for (;;) {
        await drain();
        if (session.ended || (segment.sealed && offset === segment.length)) return;
        if (due()) {
          await queue.seal();
          await drain();
          return;
        }
        if (offset === segment.length) await this.#idle(session);
      }
    } finally {
      await file.close();
    }
  }

  async #idle(session: AdminSession): Promise<void> {
    await Promise.race([this.#changeOrStop(this.#options.limits.idle / 4), session.result]);
  }

  async #sendFrom(
    session: AdminSession,
    file: ReadFile,
    from: number,
    to: number,
  ): Promise<number> {
    let offset = from;
    while (offset < to && !session.ended) {
      // a block of its own: the pipe keeps it until it is written
      const block = Buffer.allocUnsafe(Math.min(BLOCK, to - offset));
      const read = await file.read(block, offset);
      if (read === 0) throw new Error('a segment is shorter than what was synced of it');
      offset += read;
      await session.write(block.subarray(0, read));
    }
    return offset;
  }
}
