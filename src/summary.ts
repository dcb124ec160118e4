/** One line of the log a minute for all requests that were answered 200. */
import type { Log } from './log.ts';
import type { Answered, RequestFigures } from './monitor/figures.ts';

/** between two lines */
const INTERVAL_MS = 60_000;
/** addresses that are told apart in that time; a line with this many has at least so many */
const MAX_CLIENTS = 10_000;

/** Sums up requests, and hands on what it is told. */
export class RequestSummary implements RequestFigures {
  readonly #next: RequestFigures;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  readonly #clients = new Set<string>();
  #requests = 0;
  #messages = 0;
  #bytes = 0;
  #slowest = 0;

  constructor(next: RequestFigures, log: Log) {
    this.#next = next;
    this.#log = log;
    this.#timer = setInterval(() => {
      this.#tell();
    }, INTERVAL_MS).unref();
  }

  answered(what: Answered): void {
    this.#next.answered(what);
    if (what.refusal !== undefined) return;
    this.#requests++;
    this.#messages += what.alerts + what.heartbeats;
    this.#bytes += what.bytes;
    this.#slowest = Math.max(this.#slowest, what.milliseconds);
    if (this.#clients.size < MAX_CLIENTS) this.#clients.add(what.client);
  }

  aborted(): void {
    this.#next.aborted();
  }

  validated(milliseconds: number): void {
    this.#next.validated(milliseconds);
  }

  /** Tells of the last requests. */
  stop(): void {
    clearInterval(this.#timer);
    this.#tell();
  }

  #tell(): void {
    if (this.#requests === 0) return;
    this.#log('requests', {
      requests: this.#requests,
      messages: this.#messages,
      bytes: this.#bytes,
      clients: this.#clients.size,
      slowest: this.#slowest,
    });
    this.#clients.clear();
    this.#requests = this.#messages = this.#bytes = this.#slowest = 0;
  }
}
