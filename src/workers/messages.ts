/** What the primary process and its workers say to each other. */
import type { ErrorCode } from '../errors.ts';

/** The frames of one request on their way to the queue. */
export interface Append {
  /** the worker's own number for it */
  readonly id: number;
  readonly frames: Uint8Array;
  readonly messages: number;
}

/** An error of the table, without what only its process can know. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
}

export type FromWorker =
  /** it can be sent messages */
  | { readonly kind: 'up' }
  | { readonly kind: 'listening' }
  /** it could not start */
  | { readonly kind: 'failed'; readonly error: PlainError }
  | { readonly kind: 'append'; readonly appends: readonly Append[] };

export type ToWorker =
  | { readonly kind: 'start'; readonly analyzer: Uint8Array }
  /** what has become of appends; those without an error are safe */
  | { readonly kind: 'appended'; readonly results: readonly AppendResult[] }
  | { readonly kind: 'stop' };

export interface AppendResult {
  readonly id: number;
  readonly error: PlainError | undefined;
}

const hasKind = (message: unknown, kinds: readonly string[]): boolean =>
  typeof message === 'object' &&
  message !== null &&
  'kind' in message &&
  typeof message.kind === 'string' &&
  kinds.includes(message.kind);

/** Whether it comes from a worker of this program. */
export function isFromWorker(message: unknown): message is FromWorker {
  return hasKind(message, ['up', 'listening', 'failed', 'append']);
}

/** Whether it comes from the primary. */
export function isToWorker(message: unknown): message is ToWorker {
  return hasKind(message, ['start', 'appended', 'stop']);
}
