/** The queue as a relay sees it, with what was acknowledged kept for a while, see kept.ts. */
import type { Delivered, Segment } from '../queue/queue.ts';
import type { Reader } from '../queue/reader.ts';
import type { Range } from '../queue/segment.ts';
import type { Source } from '../queue/share.ts';
import { reason } from '../errors.ts';
import type { Session } from './feed.ts';
import { Kept } from './kept.ts';
import type { RunResult } from './outcome.ts';
import type { Watch } from './watch.ts';

/** how long a manager has to run on after its acknowledgement */
export const KEPT_MS = 60_000;
/** Watches also end when the network is cut. What was sent again that often is not kept any more. */
const MOST_REPEATS = 5;

export interface KeptSourceOptions {
  readonly windowMs: number;
  /** most bytes that are kept, but for the last acknowledgement */
  readonly bytes: number;
  /** Begins to watch the managers of an alternative. */
  readonly watch: (alternative: number) => Promise<Watch>;
  /** a manager ended after it had acknowledged that many messages: they are sent again */
  readonly sentAgain: (what: { messages: number }) => void;
  /** the managers have acknowledged a session and cannot be watched, so nothing of it is kept */
  readonly notWatched: (what: { alternative: number; why: string }) => void;
  /** The queue failed. */
  readonly failed: (error: unknown) => void;
}

/** A part of a segment, from its begin, that is sent again. */
interface Repeated {
  readonly part: Delivered;
  readonly times: number;
}

export class KeptSource implements Source {
  readonly #inner: Source;
  readonly #options: KeptSourceOptions;
  readonly #kept: Kept;
  /** by path of the segment */
  readonly #repeated = new Map<string, Repeated>();
  /** those that are open or being opened, by alternative */
  readonly #watches = new Map<number, Promise<Watch>>();
  /** that is open, or the last one */
  #session: Session | undefined;
  /** of the managers that have the session's messages */
  #watch: Watch | undefined;
  /** why there is none */
  #failure: { readonly alternative: number; readonly why: string } | undefined;
  /** what was kept before the session is to be sent again: what the session carries does not follow it */
  #gap = false;
  #givesWay = false;
  #listeners: (() => void)[] = [];

  constructor(inner: Source, options: KeptSourceOptions) {
    const { windowMs, bytes } = options;
    this.#inner = inner;
    this.#options = options;
    this.#kept = new Kept({ windowMs, bytes, release: (delivered) => this.#release(delivered) });
  }

  get segments(): readonly Segment[] {
    return this.#inner.segments.filter(
      (segment) => this.acknowledged(segment).length < segment.length,
    );
  }

  get messages(): number {
    const kept = this.#kept.segments.reduce(
      (sum, { segment, messages }) => sum + messages - this.#inner.acknowledged(segment).messages,
      0,
    );
    return Math.max(0, this.#inner.messages - kept);
  }

  get pressed(): boolean {
    return this.#inner.pressed;
  }

  change(): Promise<void> {
    void this.#inner.change().then(() => {
      this.#changed();
      return this.#giveWay();
    });
    return new Promise((resolve) => {
      this.#listeners.push(resolve);
    });
  }

  read(segment: Segment, from = this.acknowledged(segment).length): Reader {
    return this.#inner.read(segment, from);
  }

  acknowledged(segment: Segment): Delivered {
    const inner = this.#inner.acknowledged(segment);
    const kept = this.#kept.of(segment) ?? inner;
    return kept.length > inner.length ? kept : inner;
  }

  /** The managers of the session have that much: it is kept while they are watched. */
  async acknowledge(delivered: readonly Delivered[]): Promise<void> {
    const watch = this.#watch;
    if (this.#gap) {
      this.#options.sentAgain({ messages: this.#beyond(delivered, 'messages') });
      return;
    }
    await this.#release(delivered.flatMap((what) => this.#repeatedEnough(what)));
    if (watch === undefined) {
      if (this.#failure !== undefined) this.#options.notWatched(this.#failure);
      await this.#release(delivered);
    } else {
      this.#kept.keep(delivered, this.#beyond(delivered, 'length'), watch);
      if (watch.ended) this.#sendAgain(watch);
      // one that is appended to cannot be removed, whatever is released later
      if (delivered.some(({ segment, length }) => !segment.sealed && length === segment.length))
        await this.#inner.seal();
      await this.#giveWay();
    }
    this.#changed();
  }

  unreadable(segment: Segment, error: unknown): void {
    this.#inner.unreadable(segment, error);
  }

  seal(): Promise<void> {
    return this.#inner.seal();
  }

  setAside(segment: Segment, frame: Range, why: string): Promise<string | undefined> {
    return this.#inner.setAside(segment, frame, why);
  }

  /** Starts a session with an alternative, whose managers are watched before its input is ended. */
  async session(alternative: number, start: () => Promise<Session>): Promise<Session> {
    const session = await start();
    this.#gap = false;
    this.#watch = undefined;
    this.#failure = undefined;
    this.#session = session;
    return new WatchedSession(session, async () => {
      const ended = session.result.then(() => undefined);
      this.#watch = await Promise.race([this.#watchOf(alternative), ended]);
    });
  }

  /** Ends all watches. What is kept is released: its managers run, as far as is known. */
  async close(): Promise<void> {
    while (await this.#kept.releaseOldest());
    for (const watch of this.#watches.values())
      watch.then(
        (opened) => {
          opened.close();
        },
        () => undefined,
      );
  }

  /** What is kept never makes the queue's room little. */
  async #giveWay(): Promise<void> {
    // while a release runs, the queue still counts what it removes
    if (this.#givesWay) return;
    this.#givesWay = true;
    while ((this.#kept.isFull || this.pressed) && (await this.#kept.releaseOldest()));
    this.#givesWay = false;
  }

  /** The watch of an alternative's managers; undefined if they cannot be watched. */
  async #watchOf(alternative: number): Promise<Watch | undefined> {
    const opening = this.#watches.get(alternative) ?? this.#open(alternative);
    this.#watches.set(alternative, opening);
    try {
      return await opening;
    } catch (error) {
      this.#watches.delete(alternative);
      this.#failure = { alternative, why: reason(error) };
      return undefined;
    }
  }

  async #open(alternative: number): Promise<Watch> {
    const watch = await this.#options.watch(alternative);
    watch.onEnded(() => {
      this.#watches.delete(alternative);
      this.#sendAgain(watch);
    });
    return watch;
  }

  /** The watch has ended: its managers may have lost what is kept because of it. */
  #sendAgain(watch: Watch): void {
    const before = this.#kept.segments;
    this.#kept.forget(watch);
    if (this.#beyond(before, 'length') === 0) return;
    for (const what of before) this.#countRepeat(what);
    this.#gap = true;
    // it would notice the end of its manager only at its next message
    this.#session?.stop();
    this.#options.sentAgain({ messages: this.#beyond(before, 'messages') });
    this.#changed();
  }

  #countRepeat(what: Delivered): void {
    const { path } = what.segment;
    if (what.length <= this.acknowledged(what.segment).length) return;
    const { part, times } = this.#repeated.get(path) ?? { part: what, times: 0 };
    this.#repeated.set(path, { part, times: times + 1 });
  }

  /** What has been sent so often that its acknowledgement counts at once. */
  #repeatedEnough(what: Delivered): Delivered[] {
    const { part, times = 0 } = this.#repeated.get(what.segment.path) ?? {};
    if (part === undefined || times < MOST_REPEATS) return [];
    return [what.length < part.length ? what : part];
  }

  /** The inner source knows of them from now on. */
  async #release(delivered: readonly Delivered[]): Promise<void> {
    const news = delivered.filter(
      ({ segment, length }) => length > this.#inner.acknowledged(segment).length,
    );
    for (const { segment, length } of news)
      if (length >= (this.#repeated.get(segment.path)?.part.length ?? Infinity))
        this.#repeated.delete(segment.path);
    try {
      if (news.length > 0) await this.#inner.acknowledge(news);
    } catch (error) {
      this.#options.failed(error);
    }
  }

  /** How much of these is not acknowledged yet. */
  #beyond(delivered: readonly Delivered[], what: 'length' | 'messages'): number {
    return delivered.reduce(
      (sum, part) => sum + Math.max(0, part[what] - this.acknowledged(part.segment)[what]),
      0,
    );
  }

  #changed(): void {
    for (const listener of this.#listeners.splice(0)) listener();
  }
}

/** A session that does not end its input before its managers are watched. */
class WatchedSession implements Session {
  readonly #session: Session;
  readonly #watched: () => Promise<void>;

  /** @param watched begins to watch; resolves also if that cannot be done */
  constructor(session: Session, watched: () => Promise<void>) {
    this.#session = session;
    this.#watched = watched;
  }

  get connected(): boolean {
    return this.#session.connected;
  }

  get ended(): boolean {
    return this.#session.ended;
  }

  get result(): Promise<RunResult> {
    return this.#session.result;
  }

  write(bytes: Buffer): Promise<void> {
    return this.#session.write(bytes);
  }

  async finish(): Promise<RunResult> {
    await this.#watched();
    return this.#session.finish();
  }

  stop(): void {
    this.#session.stop();
  }
}
