/**
 * Frames: what libprelude reads from a file or a connection (prelude-msg.c).
 *
 *   frame := header payload
 *   header, 16 bytes := uint8 version (1), uint8 tag (0: IDMEF), uint8 priority, uint8 fragment,
 *                       uint32 length of the payload, uint32 seconds, uint32 microseconds
 *
 * libprelude cuts messages into fragments of 8192 bytes and reads any size: here a message is one
 * frame. `prelude-admin send` writes the header anew, its time too.
 */
import { GatewayError } from '../errors.ts';
import { ALERT, ASSESSMENT, fieldNamed, HEARTBEAT, IMPACT } from '../idmef/classes.ts';
import { Idmef, type Message } from '../idmef/message.ts';
import { ByteWriter } from './bytes.ts';
import { encodePayload } from './encode.ts';

export const HEADER_SIZE = 16;
export const FRAME_VERSION = 1;

/** libprelude refuses messages of 100 MiB; what prelude-admin and managers add has to fit, too. */
export const PAYLOAD_LIMIT = 100 * 1024 * 1024 - 65536;

/** Where the header holds what. */
export const HEADER = {
  version: 0,
  priority: 2,
  fragment: 3,
  length: 4,
  seconds: 8,
  microseconds: 12,
};

const PRIORITY = { none: 0, low: 1, mid: 2, high: 3 } as const;
/** by Impact.severity: none, info, low, medium, high (idmef-message-write.c) */
const PRIORITY_OF_SEVERITY = [
  PRIORITY.none,
  PRIORITY.low,
  PRIORITY.low,
  PRIORITY.mid,
  PRIORITY.high,
] as const;

const ASSESSMENT_AT = fieldNamed(ALERT, 'assessment').index;
const IMPACT_AT = fieldNamed(ASSESSMENT, 'impact').index;
const SEVERITY_AT = fieldNamed(IMPACT, 'severity').index;

const isHeartbeat = ({ body }: Message): boolean => body.class === HEARTBEAT;

function priority(message: Message): number {
  if (isHeartbeat(message)) return PRIORITY.high;
  const assessment = message.body.values[ASSESSMENT_AT];
  const impact = assessment instanceof Idmef ? assessment.values[IMPACT_AT] : undefined;
  const severity = impact instanceof Idmef ? impact.values[SEVERITY_AT] : undefined;
  return typeof severity === 'number'
    ? (PRIORITY_OF_SEVERITY[severity] ?? PRIORITY.none)
    : PRIORITY.none;
}

/** The frames of one request, in one buffer. */
export class FrameWriter {
  readonly #analyzer: Uint8Array;
  readonly #out = new ByteWriter();
  #count = 0;
  #heartbeats = 0;

  /** @param analyzer an encoded Analyzer that goes in front of each message's own; may be empty */
  constructor(analyzer: Uint8Array) {
    this.#analyzer = analyzer;
  }

  /** How many messages have been written. */
  get count(): number {
    return this.#count;
  }

  /** How many of them were Heartbeats. */
  get heartbeats(): number {
    return this.#heartbeats;
  }

  /**
   * Writes one message.
   * @throws GatewayError too-large if libprelude could not read it; the writer is of no use then
   */
  write(message: Message): void {
    const out = this.#out;
    const start = out.length;
    out.uint8(FRAME_VERSION);
    out.uint8(0);
    out.uint8(priority(message));
    out.uint8(0);
    out.uint32(0);
    out.uint32(0);
    out.uint32(0);
    encodePayload(out, message, this.#analyzer);
    const length = out.length - start - HEADER_SIZE;
    if (length > PAYLOAD_LIMIT)
      throw new GatewayError(
        'too-large',
        `a message of ${length} bytes, Prelude reads less than 100 MiB`,
      );
    out.patchUint32(length, start + HEADER.length);
    this.#count++;
    if (isHeartbeat(message)) this.#heartbeats++;
  }

  /** All frames; the writer is of no use afterwards. */
  finish(): Buffer {
    return this.#out.finish();
  }
}
