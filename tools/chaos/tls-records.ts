/** Follows the records of a TLS stream (RFC 8446, section 5.1), to cut one in its middle. */

const HEADER_SIZE = 5;
const APPLICATION_DATA = 23;
/** bytes of the smallest record that is worth cutting */
const SMALLEST = 64;

/** The records of one direction of a connection. */
export class TlsRecords {
  #header = Buffer.alloc(0);
  /** bytes of the present record that are still to come */
  #left = 0;

  /**
   * Takes the next bytes of the stream.
   * @returns an offset in them that is in the middle of a record of application data; undefined if
   *   none begins in them
   */
  take(bytes: Buffer): number | undefined {
    let inside: number | undefined;
    for (let at = 0; at < bytes.length;) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, bytes.length - at);
        this.#left -= step;
        at += step;
        continue;
      }
      const wanted = HEADER_SIZE - this.#header.length;
      this.#header = Buffer.concat([this.#header, bytes.subarray(at, at + wanted)]);
      at += wanted;
      if (this.#header.length < HEADER_SIZE) break;
      this.#left = this.#header.readUInt16BE(3);
      const middle = at + Math.floor(this.#left / 2);
      const isData = this.#header[0] === APPLICATION_DATA && this.#left >= SMALLEST;
      if (isData && middle < bytes.length) inside ??= middle;
      this.#header = Buffer.alloc(0);
    }
    return inside;
  }
}
