/** Frames for tests of the queue: real headers, payloads that tell the request and the message. */
import { HEADER, HEADER_SIZE } from '../../src/prelude/frame.ts';

/** One frame with that payload. */
export function frame(payload: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_SIZE);
  header[HEADER.version] = 1;
  header.writeUInt32BE(payload.length, HEADER.length);
  return Buffer.concat([header, payload]);
}

/** The frames of a request: `name/0`, `name/1`, ..., each padded to a size. */
export function request(name: string, sizes: readonly number[]): Buffer {
  return Buffer.concat(
    sizes.map((size, index) => {
      const payload = Buffer.alloc(Math.max(size, 16), 0x2e);
      payload.write(`${name}/${index}`);
      return frame(payload);
    }),
  );
}

/** The names of the frames in a buffer of whole frames, as `request` made them. */
export function frameNames(bytes: Buffer): string[] {
  const names = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at + HEADER.length);
    const payload = bytes.subarray(at + HEADER_SIZE, at + HEADER_SIZE + length);
    names.push(payload.toString('latin1', 0, 16).replace(/\.+$/, ''));
    at += HEADER_SIZE + length;
  }
  return names;
}
