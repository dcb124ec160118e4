/** The bound on the bytes of all documents in flight: above it requests wait, and only then are refused. */
import { GatewayError } from '../errors.ts';

/** A request that can be made to wait. */
export interface Sender {
  /** No more of its document is read. */
  hold(): void;
  /** The opposite. */
  release(): void;
  /** It has waited too long. */
  refuse(error: GatewayError): void;
}

export interface InFlightOptions {
  readonly maxBytes: number;
  /** milliseconds that a request waits before it is refused */
  readonly waitMs: number;
}

/** milliseconds between two looks at those that wait */
const LOOK_MS = 250;

export class InFlight {
  readonly #options: InFlightOptions;
  #bytes = 0;
  /** documents that are not complete, oldest first */
  readonly #incomplete = new Set<Sender>();
  /** documents that are complete: when they are safe, there is room again */
  #complete = 0;
  /** those that wait, and since when */
  readonly #waiting = new Map<Sender, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: InFlightOptions) {
    this.#options = options;
  }

  /** bytes that are in flight */
  get bytes(): number {
    return this.#bytes;
  }

  /** documents that are in flight */
  get size(): number {
    return this.#incomplete.size + this.#complete;
  }

  begin(sender: Sender): void {
    this.#incomplete.add(sender);
  }

  /**
   * Bytes of its document have come. They count although they are too many, and the sender is held:
   * so it can be above the bound by what one connection reads at a time.
   */
  add(sender: Sender, bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#options.maxBytes || this.#mayExceed(sender)) return;
    if (this.#waiting.has(sender)) return;
    this.#waiting.set(sender, performance.now());
    this.#timer ??= setInterval(() => {
      this.#refuseOverdue();
    }, LOOK_MS);
    sender.hold();
  }

  /** All of its document has come. */
  complete(sender: Sender): void {
    if (!this.#incomplete.delete(sender)) return;
    this.#complete++;
    this.#stopWaiting(sender);
  }

  /** Nothing of its document is in flight any more. @param bytes all that were added for it */
  end(sender: Sender, bytes: number): void {
    this.#bytes -= bytes;
    if (!this.#incomplete.delete(sender)) this.#complete--;
    this.#stopWaiting(sender);
    if (this.#waiting.size > 0) this.#wake();
  }

  /** Something has to be completed to make room: where nothing is, the oldest may go on. */
  #mayExceed(sender: Sender): boolean {
    if (this.#complete > 0) return false;
    const [oldest] = this.#incomplete;
    return sender === oldest;
  }

  #wake(): void {
    for (const sender of [...this.#waiting.keys()])
      if (this.#bytes < this.#options.maxBytes || this.#mayExceed(sender))
        this.#stopWaiting(sender);
  }

  #stopWaiting(sender: Sender): void {
    if (!this.#waiting.delete(sender)) return;
    if (this.#waiting.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    sender.release();
  }

  #refuseOverdue(): void {
    const now = performance.now();
    for (const [sender, since] of [...this.#waiting])
      if (now - since >= this.#options.waitMs && this.#waiting.has(sender))
        sender.refuse(
          new GatewayError('too-much-in-flight', 'too many documents at a time; try again later'),
        );
  }
}
