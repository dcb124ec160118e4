/**
 * What can go wrong, and what follows from it: one table.
 *
 * A refused request is answered with the status; `retry` says whether the sender should send the
 * same document again later (Retry-After goes with it). A start that fails ends with the exit
 * status. Whatever is not in the table is a defect of ours.
 */

interface Consequence {
  /** HTTP status of the answer */
  readonly status?: number;
  /** the same document may be taken later */
  readonly retry?: true;
  /** exit status of the process */
  readonly exit?: number;
}

export const ERRORS = {
  // the document
  'malformed-xml': { status: 400 },
  'entity-declared': { status: 400 },
  'not-idmef': { status: 400 },
  'bad-value': { status: 400 },
  'limit-exceeded': { status: 400 },
  // the request
  'short-body': { status: 400 },
  'corrupt-content-encoding': { status: 400 },
  'method-not-allowed': { status: 405 },
  'page-only-read': { status: 405 },
  'too-large': { status: 413 },
  'unsupported-media-type': { status: 415 },
  // --valid-dtd
  invalid: { status: 422 },
  // us
  'too-much-in-flight': { status: 503, retry: true },
  'queue-full': { status: 503, retry: true },
  'queue-failed': { status: 503, retry: true },
  stopping: { status: 503, retry: true },
  defect: { status: 500, retry: true, exit: 70 },
  // starting: 2 as getopt programs do; 71 is EX_OSERR and 78 EX_CONFIG of sysexits.h. After 2 and 78 systemd does
  // not start the gateway again: they are only for what an operator has to change.
  usage: { exit: 2 },
  'system-error': { exit: 71 },
  configuration: { exit: 78 },
  // secef queue: no such name
  'not-there': { exit: 1 },
} as const satisfies Record<string, Consequence>;

export type ErrorCode = keyof typeof ERRORS;

/** A place in the document as the sender sent it; both count from 1, columns in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** An error of the table above. The message is meant for the sender or the operator. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly position: Position | undefined;
  /** IDMEF path of the field, such as alert.source(0).service.port */
  readonly path: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    where: { position?: Position; path?: string; cause?: unknown } = {},
  ) {
    super(message, where.cause === undefined ? undefined : { cause: where.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.position = where.position;
    this.path = where.path;
  }

  /** `line 12, column 8: alert.source(0).service.port: "http" is not a number from 0 to 65535` */
  describe(): string {
    const parts = [this.message];
    if (this.path !== undefined && this.path !== '') parts.unshift(this.path);
    if (this.position !== undefined)
      parts.unshift(`line ${this.position.line}, column ${this.position.column}`);
    return parts.join(': ');
  }
}

/** Any thrown thing as an error of the table: what it does not know is a defect. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return new GatewayError('defect', `internal error: ${reason(thrown)}`, { cause: thrown });
}

/** The message of any thrown thing. */
export function reason(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What the table says of a code. */
export function consequence(code: ErrorCode): Consequence {
  return ERRORS[code];
}

/** At most 40 characters of a sender's text, quoted, for a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
