/** From the answer 200 to the manager, at a steady rate. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { alerts } from '../helpers/documents.ts';
import { names } from '../helpers/load.ts';
import { post } from './post.ts';

export interface Latency {
  /** milliseconds */
  readonly median: number;
  readonly p99: number;
  readonly count: number;
}

const PIECE = 1024 * 1024;
const PAUSE = 10;
const PATIENCE = 10_000;

/** When each messageid was seen in the manager's file. */
class Seen {
  readonly times = new Map<string, number>();
  readonly #file: number;
  readonly #piece = Buffer.alloc(PIECE);
  #position: number;
  #rest = '';

  constructor(path: string) {
    this.#file = openSync(path, 'r');
    this.#position = fstatSync(this.#file).size;
  }

  look(): void {
    const read = readSync(this.#file, this.#piece, 0, PIECE, this.#position);
    if (read === 0) return;
    const now = performance.now();
    this.#position += read;
    const text = this.#rest + this.#piece.toString('latin1', 0, read);
    const complete = text.lastIndexOf('</IDMEF-Message>') + 1;
    for (const [, id = ''] of text.slice(0, complete).matchAll(/messageid="(latency-\d+)"/g))
      if (!this.times.has(id)) this.times.set(id, now);
    this.#rest = text.slice(complete);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/**
 * Sends so many alerts, one each 10 ms.
 * @param file what the manager writes
 */
export async function measureLatency(url: string, file: string, count: number): Promise<Latency> {
  const seen = new Seen(file);
  const answered = new Map<string, number>();
  const watch = setInterval(() => {
    seen.look();
  }, 2);
  try {
    const posts: Promise<void>[] = [];
    for (const id of names('latency', count)) {
      const sent = post(url, alerts([id])).then((status) => {
        if (status !== 200) throw new Error(`${id}: ${status}`);
        answered.set(id, performance.now());
      });
      posts.push(sent);
      await sleep(PAUSE);
    }
    await Promise.all(posts);
    for (let waited = 0; seen.times.size < count && waited < PATIENCE; waited += PAUSE)
      await sleep(PAUSE);
  } finally {
    clearInterval(watch);
    seen.close();
  }
  if (seen.times.size < count) throw new Error(`${seen.times.size} of ${count} have arrived`);
  const delays = [...answered].map(([id, at]) => Math.max(0, (seen.times.get(id) ?? 0) - at));
  delays.sort((a, b) => a - b);
  const at = (part: number): number => delays[Math.floor(delays.length * part)] ?? NaN;
  return { median: at(0.5), p99: at(0.99), count };
}
