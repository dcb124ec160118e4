/** Counts what the manager has received. */
import { closeSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const END = Buffer.from('</IDMEF-Message>');
const PIECE = 4 * 1024 * 1024;

/** Follows the file of a manager's xmlmod. */
export class Arrivals {
  readonly #file: number;
  readonly #buffer = Buffer.alloc(PIECE);
  #position = 0;
  /** bytes at the start of the buffer that may be the beginning of an END */
  #kept = 0;
  #count = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
  }

  /** Messages so far, with heartbeats. */
  get count(): number {
    while (this.#readPiece());
    return this.#count;
  }

  /** Waits until there are that many. @throws Error if none comes any more */
  async until(count: number, patience = 60_000): Promise<void> {
    let last = this.count;
    let changed = performance.now();
    for (let now = last; now < count; now = this.count) {
      if (now !== last) changed = performance.now();
      else if (performance.now() - changed > patience)
        throw new Error(`${now} of ${count} messages have arrived, and no more`);
      last = now;
      await sleep(20);
    }
  }

  /** Bytes of the file that have been counted. */
  get position(): number {
    return this.#position;
  }

  close(): void {
    closeSync(this.#file);
  }

  #readPiece(): boolean {
    const free = this.#buffer.subarray(this.#kept);
    const read = readSync(this.#file, free, 0, free.length, this.#position);
    if (read === 0) return false;
    this.#position += read;
    const bytes = this.#buffer.subarray(0, this.#kept + read);
    let from = 0;
    for (let at = bytes.indexOf(END); at >= 0; at = bytes.indexOf(END, from)) {
      this.#count++;
      from = at + END.length;
    }
    const start = Math.max(from, bytes.length - END.length + 1);
    bytes.copyWithin(0, start);
    this.#kept = bytes.length - start;
    return true;
  }
}
