/** One direction of a proxied connection. */
import type { Socket } from 'node:net';

/** Copies bytes from one socket to the other, as long as it is not told to do otherwise. */
export class Flow {
  /** bytes that have come, whether or not they were passed on */
  bytes = 0;
  readonly #from: Socket;
  readonly #to: Socket;
  /** sees all bytes; what it returns is passed on */
  readonly #filter: (chunk: Buffer) => Buffer;
  #swallows = false;
  #isHeld = false;
  #isWaiting = false;
  #latencyMs = 0;

  constructor(from: Socket, to: Socket, filter: (chunk: Buffer) => Buffer) {
    this.#from = from;
    this.#to = to;
    this.#filter = filter;
    from.on('data', (chunk: Buffer) => {
      this.#take(chunk);
    });
    from.on('end', () => {
      if (!this.#swallows) to.end();
    });
    to.on('drain', () => {
      this.#isWaiting = false;
      this.#update();
    });
  }

  /** From now on it takes, and so acknowledges, all bytes, but passes none on. */
  swallow(): void {
    this.#swallows = true;
    this.#isWaiting = false;
    this.#update();
  }

  /** Takes no bytes any more: the sender's window fills up. */
  hold(): void {
    this.#isHeld = true;
    this.#update();
  }

  /** Ends `hold`. */
  release(): void {
    this.#isHeld = false;
    this.#update();
  }

  /** Passes everything on so much later; 0 for at once. */
  delay(latencyMs: number): void {
    this.#latencyMs = latencyMs;
  }

  #take(chunk: Buffer): void {
    this.bytes += chunk.length;
    const passed = this.#filter(chunk);
    if (this.#swallows || passed.length === 0) return;
    if (this.#latencyMs === 0) {
      this.#write(passed);
      return;
    }
    // nothing is read meanwhile, so the order stays
    this.#isWaiting = true;
    this.#update();
    setTimeout(() => {
      this.#isWaiting = false;
      if (!this.#swallows) this.#write(passed);
      this.#update();
    }, this.#latencyMs);
  }

  #write(bytes: Buffer): void {
    if (this.#to.destroyed || this.#to.writableEnded) return;
    if (this.#to.write(bytes)) return;
    this.#isWaiting = true;
    this.#update();
  }

  #update(): void {
    if (this.#isHeld || this.#isWaiting) this.#from.pause();
    else this.#from.resume();
  }
}
