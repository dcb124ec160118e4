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

/** An intake for compressed bytes in front of one for the document. */
export class InflateIntake implements Intake {
  readonly #encoding: Exclude<ContentEncoding, 'identity'>;
  readonly #inner: Intake;
  /** called with the size of each inflated piece; throws if that is too much */
  readonly #inflated: (bytes: number) => void;
  #inflater: Transform | undefined;
  #done: Promise<void> | undefined;
  #error: GatewayError | undefined;

  constructor(
    encoding: Exclude<ContentEncoding, 'identity'>,
    inner: Intake,
    inflated: (bytes: number) => void,
  ) {
    this.#encoding = encoding;
    this.#inner = inner;
    this.#inflated = inflated;
  }

  write(bytes: Buffer): void {
    this.#check();
    this.#open(bytes[0] ?? 0).write(bytes);
  }

  async end(): Promise<Taken> {
    this.#check();
    this.#open(0).end();
    await this.#done;
    this.#check();
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
    if (this.#error !== undefined) return;
    try {
      this.#inflated(piece.length);
      this.#inner.write(piece);
    } catch (error) {
      this.#error = toGatewayError(error);
      this.#inflater?.destroy();
    }
  }
}
