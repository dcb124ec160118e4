/** Bytes in the order of the network, into one buffer that grows. */

const FIRST_SIZE = 4096;

export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  /** @param size bytes that it has room for at first */
  constructor(size = FIRST_SIZE) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  /** How many bytes have been written. */
  get length(): number {
    return this.#length;
  }

  /** Makes room for `size` bytes; gives where they go. */
  #reserve(size: number): number {
    const at = this.#length;
    const needed = at + size;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    this.#length = needed;
    return at;
  }

  uint8(value: number): void {
    const at = this.#reserve(1);
    this.#buffer[at] = value;
  }

  uint16(value: number): void {
    const at = this.#reserve(2);
    this.#buffer.writeUInt16BE(value, at);
  }

  uint32(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeUInt32BE(value, at);
  }

  int32(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeInt32BE(value, at);
  }

  uint64(value: bigint): void {
    const at = this.#reserve(8);
    this.#buffer.writeBigUInt64BE(value, at);
  }

  int64(value: bigint): void {
    const at = this.#reserve(8);
    this.#buffer.writeBigInt64BE(value, at);
  }

  float(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeFloatBE(value, at);
  }

  bytes(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#buffer.set(value, at);
  }

  /** UTF-8; gives the number of bytes. */
  text(value: string): number {
    // three bytes are the most that a UTF-16 unit takes
    const at = this.#reserve(value.length * 3);
    const size = this.#buffer.write(value, at);
    this.#length = at + size;
    return size;
  }

  /** Puts a uint32 over what stands at `at`. */
  patchUint32(value: number, at: number): void {
    this.#buffer.writeUInt32BE(value, at);
  }

  /** How many bytes it holds room for. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /** What has been written, without a copy: it changes when the writer is used again. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Begins anew, in the same room. */
  clear(): void {
    this.#length = 0;
  }
}
