/** Content-Encoding gzip and deflate: inflated as it comes, and not beyond the limit. */
import type { Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { GatewayError, reason, toGatewayError } from '../errors.ts';
import type { ContentEncoding } from './head.ts';
import type { Intake, Taken } from './post.ts';

/** the compression method of zlib's format (RFC 1950, 2.2) in the low half of the first byte */
const METHOD_MASK = 0x0f;
const METHOD_DEFLATE = 8;

/** "deflate" means zlib's format; some send the bare one, which begins otherwise. */
function makeInflater(encoding: Exclude<ContentEncoding, 'identity'>, first: number): Transform {
  if (encoding === 'gzip') return createGunzip();
  return (first & METHOD_MASK) === METHOD_DEFLATE ? createInflate() : createInflateRaw();
}

/** What an inflater tells the request that it works for. */
export interface InflateEvents {
  /** A piece of that many bytes has come out. @throws GatewayError if that is too much */
  inflated(bytes: number): void;
  /** There is enough to inflate; do not read more. */
  pause(): void;
  /** The opposite of pause, which came before. */
  resume(): void;
  /** All has been inflated. */
  complete(): void;
}

/** An intake for compressed bytes in front of one for the document. */
export class InflateIntake implements Intake {
  readonly #encoding: Exclude<ContentEncoding, 'identity'>;
  readonly #inner: Intake;
  readonly #events: InflateEvents;
  #inflater: Transform | undefined;
  #done: Promise<void> | undefined;
  #error: GatewayError | undefined;
  /** the inflater has more than it wants */
  #isFull = false;
  #isPaused = false;

  constructor(
    encoding: Exclude<ContentEncoding, 'identity'>,
    inner: Intake,
    events: InflateEvents,
  ) {
    this.#encoding = encoding;
    this.#inner = inner;
    this.#events = events;
  }

  write(bytes: Buffer): void {
    this.#check();
    const inflater = this.#open(bytes[0] ?? 0);
    if (inflater.write(bytes) || this.#isFull) return;
    this.#isFull = true;
    this.#events.pause();
  }

  /** Gives nothing more to the document. */
  pause(): void {
    this.#isPaused = true;
    this.#inflater?.pause();
  }

  /** The opposite. */
  resume(): void {
    this.#isPaused = false;
    this.#inflater?.resume();
  }

  async end(): Promise<Taken> {
    this.#check();
    this.#open(0).end();
    await this.#done;
    this.#check();
    this.#events.complete();
    return this.#inner.end();
  }

  #check(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  abort(): void {
    this.#inflater?.destroy();
    this.#inner.abort();
  }

  #open(first: number): Transform {
    if (this.#inflater !== undefined) return this.#inflater;
    const inflater = makeInflater(this.#encoding, first);
    this.#inflater = inflater;
    inflater.on('data', (piece: Buffer) => {
      this.#take(piece);
    });
    if (this.#isPaused) inflater.pause();
    const drained = (): void => {
      if (!this.#isFull) return;
      this.#isFull = false;
      this.#events.resume();
    };
    // 'drain' does not come once the end of the input has been given, or after an error
    inflater.on('drain', drained).once('close', drained);
    this.#done = finished(inflater).catch((cause: unknown) => {
      this.#error ??= new GatewayError(
        'corrupt-content-encoding',
        `the body is not in the announced content encoding ${this.#encoding}: ${reason(cause)}`,
        { cause },
      );
    });
    return inflater;
  }

  #take(piece: Buffer): void {
    // a piece may be under way when it is destroyed
    if (this.#error !== undefined || this.#inflater?.destroyed === true) return;
    try {
      this.#events.inflated(piece.length);
      this.#inner.write(piece);
    } catch (error) {
      this.#error = toGatewayError(error);
      this.#inflater?.destroy();
    }
  }
}
