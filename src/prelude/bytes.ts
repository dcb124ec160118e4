/** Bytes in the order of the network, into one buffer that grows. */

const FIRST_SIZE = 2048;
/** UTF-16 units up to which a text of ASCII is written faster from here than by Node */
const SHORT_TEXT = 40;
/** UTF-16 units from which a text is measured before it is written, not given three bytes a unit */
const LONG_TEXT = 1024;

export class ByteWriter {
  #buffer = Buffer.allocUnsafe(FIRST_SIZE);
  #view = viewOf(this.#buffer);
  #length = 0;

  /** How many bytes have been written. */
  get length(): number {
    return this.#length;
  }

  /** Makes room for `size` bytes; gives where they go. */
  #reserve(size: number): number {
    const at = this.#length;
    this.#length = at + size;
    if (this.#length > this.#buffer.length) this.#grow(at);
    return at;
  }

  #grow(written: number): void {
    const grown = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, written);
    this.#buffer = grown;
    this.#view = viewOf(grown);
  }

  uint8(value: number): void {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
  }

  uint16(value: number): void {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value);
  }

  uint32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value);
  }

  int32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setInt32(at, value);
  }

  uint64(value: bigint): void {
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value);
  }

  int64(value: bigint): void {
    const at = this.#reserve(8);
    this.#view.setBigInt64(at, value);
  }

  float(value: number): void {
    const at = this.#reserve(4);
    this.#view.setFloat32(at, value);
  }

  /** The head of a chunk (encode.ts): uint8 tag, uint32 length of the value. */
  chunk(tag: number, length: number): void {
    const at = this.#reserve(5);
    this.#view.setUint8(at, tag);
    this.#view.setUint32(at + 1, length);
  }

  bytes(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#buffer.set(value, at);
  }

  /** UTF-8; gives the number of bytes. */
  text(value: string): number {
    // three bytes are the most that a UTF-16 unit takes
    const most = value.length < LONG_TEXT ? value.length * 3 : Buffer.byteLength(value);
    const at = this.#reserve(most);
    const size = this.#shortText(value, at) ? value.length : this.#buffer.write(value, at);
    this.#length = at + size;
    return size;
  }

  #shortText(value: string, at: number): boolean {
    if (value.length > SHORT_TEXT) return false;
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code >= 0x80) return false;
      this.#buffer[at + index] = code;
    }
    return true;
  }

  /** Puts a uint32 over the one at `at`. */
  patchUint32(value: number, at: number): void {
    this.#view.setUint32(at, value);
  }

  /** A view of the bytes written so far; no copy. The writer is not used after this. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}
