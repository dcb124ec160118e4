import assert from 'node:assert/strict';

const HEADER_SIZE = 16;
const LENGTH_AT = 4;
const CHUNK_HEADER_SIZE = 5;
/** in an Alert as in a Heartbeat, which begin with it */
const MESSAGEID_TAG = 29;
const VERSION_TAG = 29;

/** Frames of one message each. */
export function splitFrames(frames: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let start = 0; start < frames.length;) {
    const end = start + HEADER_SIZE + frames.readUInt32BE(start + LENGTH_AT);
    assert.ok(end <= frames.length, 'a frame is cut short');
    found.push(frames.subarray(start, end));
    start = end;
  }
  return found;
}

/** The index behind the chunk if it has the tag, else where it begins. */
function skip(frame: Buffer, at: number, tag: number): number {
  return frame[at] === tag ? at + CHUNK_HEADER_SIZE + frame.readUInt32BE(at + 1) : at;
}

function insert(frame: Buffer, analyzer: Uint8Array): Buffer {
  const body = skip(frame, HEADER_SIZE, VERSION_TAG);
  assert.ok([27, 28].includes(frame[body] ?? -1), 'neither an Alert nor a Heartbeat');
  const place = skip(frame, body + CHUNK_HEADER_SIZE, MESSAGEID_TAG);
  const made = Buffer.concat([frame.subarray(0, place), analyzer, frame.subarray(place)]);
  made.writeUInt32BE(made.length - HEADER_SIZE, LENGTH_AT);
  return made;
}

/** The frames with an encoded Analyzer put before each message's own. */
export function withAnalyzerFirst(frames: Buffer, analyzer: Uint8Array): Buffer {
  return Buffer.concat(splitFrames(frames).map((frame) => insert(frame, analyzer)));
}
