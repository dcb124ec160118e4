/** What one session carries: whole segments, oldest first, as they grow. */
import type { Disk, ReadFile } from '../queue/files.ts';
import type { Segment } from '../queue/queue.ts';
import type { Source } from '../queue/share.ts';
import type { RunResult } from './outcome.ts';

/** A connection to a manager that is fed: AdminSession, see admin.ts. */
export interface Session {
  /** it has ended; what is written is thrown away */
  readonly ended: boolean;
  /** resolves when it has ended, however */
  readonly result: Promise<RunResult>;
  /** resolves when there is room for more, or when it has ended */
  write(bytes: Buffer): Promise<void>;
  /** ends the input and waits for the end */
  finish(): Promise<RunResult>;
  stop(): void;
}

/** When a session is ended to be acknowledged. */
export interface SessionLimits {
  /** milliseconds without new messages */
  readonly idle: number;
  /** milliseconds since its start */
  readonly age: number;
  /** bytes sent */
  readonly bytes: number;
}

export interface FeedOptions {
  readonly queue: Source;
  readonly disk: Disk;
  readonly limits: SessionLimits;
  /** aborted when the gateway stops */
  readonly stopping: AbortSignal;
  /** so many more messages have been sent as a whole */
  readonly sent: (messages: number) => void;
}

const BLOCK = 65536;

export class Feed {
  readonly #options: FeedOptions;
  readonly #session: Session;
  readonly #carried: Segment[] = [];
  readonly #begun = Date.now();
  #lastSent = this.#begun;
  #sent = 0;
  /** of the last segment that is carried */
  #file: ReadFile | undefined;
  #offset = 0;
  /** messages of that segment that have been sent as a whole */
  #told = 0;
  /** ends a wait */
  #wake: () => void = () => undefined;

  constructor(options: FeedOptions, session: Session) {
    this.#options = options;
    this.#session = session;
    // once: what is added to a promise or signal at each wait stays there as long as that lives
    void session.result.then(() => {
      this.#wake();
    });
  }

  /** The segments that the session has been given, the last one perhaps in part. */
  get carried(): readonly Segment[] {
    return this.#carried;
  }

  /**
   * Sends segments until the session is to be acknowledged.
   * @returns whether it has been given all of what it carries, and all of that is sealed: only then
   *   its acknowledgement is one of these segments. False if the session has ended by itself.
   */
  async run(): Promise<boolean> {
    const { queue, stopping } = this.#options;
    const wake = (): void => {
      this.#wake();
    };
    stopping.addEventListener('abort', wake);
    try {
      for (;;) {
        const news = queue.change(); // before the look, or a change in between would be missed
        await this.#sendWhatIsThere();
        if (this.#session.ended) return false;
        if (this.#due) {
          await queue.seal();
          await this.#sendCurrent();
          return this.#isComplete;
        }
        await this.#wait(news);
      }
    } finally {
      stopping.removeEventListener('abort', wake);
      await this.#file?.close();
    }
  }

  get #due(): boolean {
    const { queue, limits, stopping } = this.#options;
    return (
      stopping.aborted ||
      Date.now() - this.#begun >= limits.age ||
      Date.now() - this.#lastSent >= limits.idle ||
      this.#sent >= limits.bytes ||
      queue.pressed
    );
  }

  get #current(): Segment | undefined {
    return this.#carried.at(-1);
  }

  get #currentIsComplete(): boolean {
    const current = this.#current;
    return current === undefined || (current.sealed && this.#offset === current.length);
  }

  get #isComplete(): boolean {
    return !this.#session.ended && this.#currentIsComplete;
  }

  /** Sends all that is synced now, but begins no segment any more when the session is due. */
  async #sendWhatIsThere(): Promise<void> {
    await this.#sendCurrent();
    while (this.#currentIsComplete && !this.#session.ended) {
      if (this.#carried.length > 0 && this.#due) return;
      const next = this.#options.queue.segments.find((segment) => !this.#carried.includes(segment));
      if (next === undefined) return;
      await this.#file?.close();
      this.#file = undefined;
      this.#file = await this.#options.disk.openRead(next.path);
      this.#offset = 0;
      this.#told = 0;
      this.#carried.push(next);
      await this.#sendCurrent();
    }
  }

  async #sendCurrent(): Promise<void> {
    const current = this.#current;
    while (current !== undefined && this.#offset < current.length && !this.#session.ended) {
      // a block of its own: the pipe keeps it until it is written
      const block = Buffer.allocUnsafe(Math.min(BLOCK, current.length - this.#offset));
      const read = (await this.#file?.read(block, this.#offset)) ?? 0;
      if (read === 0) throw new Error(`${current.path} is shorter than what was synced of it`);
      await this.#session.write(block.subarray(0, read));
      this.#offset += read;
      this.#sent += read;
      this.#lastSent = Date.now();
    }
    // what is synced of a segment are whole requests: up to there all its messages are sent
    if (current?.length !== this.#offset) return;
    const news = current.messages - this.#told;
    this.#told = current.messages;
    if (news > 0) this.#options.sent(news);
  }

  /** Waits for news from the queue, the end of the session, or the time to end it. */
  async #wait(news: Promise<void>): Promise<void> {
    const { limits, stopping } = this.#options;
    const due = Math.min(this.#begun + limits.age, this.#lastSent + limits.idle);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(1, due - Date.now()));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      void news.then(this.#wake);
      if (stopping.aborted || this.#session.ended) this.#wake();
    });
    this.#wake = () => undefined;
  }
}
