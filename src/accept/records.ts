/** The records of a FastCGI connection, as far as they have to be known before node-fastcgi reads them. */

/** bytes of a record's header; where it says how long content and padding are (FastCGI 1.0, 3.3) */
const HEADER_SIZE = 8;
const CONTENT_LENGTH = 4;
const PADDING_LENGTH = 6;

/**
 * Cuts what comes on a connection where records' headers begin and end. Nothing is changed, held back
 * or put together again.
 */
export class RecordCutter {
  readonly #header = Buffer.alloc(HEADER_SIZE);
  /** bytes of a header that have come */
  #begun = 0;
  /** bytes of content and padding that have not come */
  #left = 0;

  /** @param take gets the pieces, which are parts of `bytes`, in their order */
  cut(bytes: Buffer, take: (piece: Buffer) => void): void {
    for (let at = 0; at < bytes.length;) {
      const wanted = this.#left > 0 ? this.#left : HEADER_SIZE - this.#begun;
      const piece = bytes.subarray(at, at + wanted);
      at += piece.length;
      if (this.#left > 0) this.#left -= piece.length;
      else this.#readHeader(piece);
      take(piece);
    }
  }

  #readHeader(piece: Buffer): void {
    this.#header.set(piece, this.#begun);
    this.#begun += piece.length;
    if (this.#begun < HEADER_SIZE) return;
    this.#begun = 0;
    this.#left = this.#header.readUInt16BE(CONTENT_LENGTH) + this.#header.readUInt8(PADDING_LENGTH);
  }
}
