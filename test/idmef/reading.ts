import { GatewayError } from '../../src/errors.ts';
import { plain, type Message } from '../../src/idmef/message.ts';
import { Reader, type Adaptation } from '../../src/idmef/read.ts';
import { FrameWriter } from '../../src/prelude/frame.ts';
import type { Random } from './random.ts';

/** What the gateway makes of a document. */
export interface Taken {
  readonly frames: Buffer;
  readonly adaptations: readonly Adaptation[];
}

/** How a document is handed over. */
export interface Handing {
  /** The document in pieces, as they come. */
  readonly pieces: Iterable<Buffer>;
  readonly charset?: string | undefined;
  /** An encoded Analyzer to put in front. */
  readonly analyzer?: Uint8Array | undefined;
}

/** Reads and encodes a document as the gateway does. @throws GatewayError if it is refused */
export function take({ pieces, charset, analyzer = new Uint8Array() }: Handing): Taken {
  const frames = new FrameWriter(analyzer);
  const adaptations: Adaptation[] = [];
  const reader = new Reader(
    {
      message: (message, made) => {
        frames.write(message);
        adaptations.push(...made);
      },
    },
    { charset },
  );
  for (const piece of pieces) reader.write(piece);
  reader.end();
  return { frames: frames.finish(), adaptations };
}

/** The error that refuses a document; undefined if it is taken. Anything else that is thrown goes on. */
export function refusal(handing: Handing): GatewayError | undefined {
  try {
    take(handing);
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

/** The messages of a document as plain values, each under the name of its class. */
export function plainMessages(document: string | Buffer, charset?: string): unknown[] {
  const messages: unknown[] = [];
  const events = {
    message: ({ body }: Message): void => {
      messages.push({ [body.class.xml]: plain(body) });
    },
  };
  const reader = new Reader(events, { charset });
  reader.write(Buffer.from(document));
  reader.end();
  return messages;
}

/** Frames in hexadecimal, or the error with its place: the same for equal outcomes. */
export function outcome(handing: Handing): string {
  try {
    return take(handing).frames.toString('hex');
  } catch (error) {
    if (error instanceof GatewayError) return `${error.code}: ${error.describe()}`;
    throw error;
  }
}

/** A document cut into pieces of that many bytes. */
export function* inPieces(document: Buffer, size: number): Generator<Buffer> {
  for (let start = 0; start < document.length; start += size)
    yield document.subarray(start, start + size);
}

/** A document cut at random places: into few or many, small or large pieces. */
export function* atRandom(document: Buffer, random: Random): Generator<Buffer> {
  const largest = 2 ** (1 + random.below(11));
  for (let start = 0; start < document.length;) {
    const end = start + 1 + random.below(largest);
    yield document.subarray(start, end);
    start = end;
  }
}
