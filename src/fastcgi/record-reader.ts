/** Splits what comes on a connection into records (FastCGI 1.0, 3.3), without copying any content. */
import { HEADER_SIZE, ProtocolError, VERSION } from './protocol.ts';

/** What gets the records. Any of these may throw ProtocolError. */
export interface RecordSink {
  /** A record begins. @param length bytes of its content */
  begin(type: number, id: number, length: number): void;
  /** The next bytes of its content: a view into what was read. */
  content(piece: Buffer): void;
  /** The record's content is complete. */
  end(): void;
}

export class RecordReader {
  readonly #sink: RecordSink;
  #state: 'header' | 'content' | 'padding' = 'header';
  readonly #header = Buffer.alloc(HEADER_SIZE);
  /** bytes of the header that have come */
  #headerBytes = 0;
  /** bytes of content or padding that are still to come */
  #left = 0;
  #padding = 0;

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  /**
   * Takes the next bytes, cut anywhere.
   * @throws ProtocolError on another version, and what the sink throws
   */
  read(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#state === 'header') {
        at = this.#readHeader(bytes, at);
        continue;
      }
      const end = Math.min(at + this.#left, bytes.length);
      this.#left -= end - at;
      if (this.#state === 'content') this.#sink.content(bytes.subarray(at, end));
      at = end;
      if (this.#left === 0) this.#next();
    }
  }

  /** @returns where to go on */
  #readHeader(bytes: Buffer, at: number): number {
    if (this.#headerBytes === 0 && bytes.length - at >= HEADER_SIZE) {
      this.#begin(bytes, at);
      return at + HEADER_SIZE;
    }
    const end = Math.min(at + HEADER_SIZE - this.#headerBytes, bytes.length);
    bytes.copy(this.#header, this.#headerBytes, at, end);
    this.#headerBytes += end - at;
    if (this.#headerBytes === HEADER_SIZE) {
      this.#headerBytes = 0;
      this.#begin(this.#header, 0);
    }
    return end;
  }

  #begin(header: Buffer, at: number): void {
    const version = header.readUInt8(at);
    if (version !== VERSION)
      throw new ProtocolError(`version ${version} of FastCGI, or something else`);
    const length = header.readUInt16BE(at + 4);
    this.#padding = header.readUInt8(at + 6);
    this.#left = length;
    this.#state = 'content';
    this.#sink.begin(header.readUInt8(at + 1), header.readUInt16BE(at + 2), length);
    if (length === 0) this.#next();
  }

  /** Goes on after a record's content, or after its padding. */
  #next(): void {
    const hadContent = this.#state === 'content';
    this.#left = hadContent ? this.#padding : 0;
    this.#state = this.#left > 0 ? 'padding' : 'header';
    if (hadContent) this.#sink.end();
  }
}
