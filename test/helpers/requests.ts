/** Requests as the queue stores them. */
import { Reader } from '../../src/idmef/read.ts';
import { FrameWriter } from '../../src/prelude/frame.ts';
import { stampRequest } from '../../src/queue/segment.ts';

/** The frames of a document's messages, with their checksums. */
export function requestOf(document: string): Buffer {
  const writer = new FrameWriter(new Uint8Array());
  const reader = new Reader(
    {
      message: (message) => {
        writer.write(message);
      },
    },
    undefined,
  );
  reader.write(Buffer.from(document));
  reader.end();
  const frames = writer.finish();
  stampRequest(frames);
  return frames;
}
