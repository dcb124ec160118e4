/** What the primary process and its workers say to each other. */
import type { ErrorCode } from '../errors.ts';
import type { Answered } from '../monitor/figures.ts';
import type { Page, PagePath } from '../monitor/page.ts';
import type { ProcessFigures } from '../monitor/process.ts';

/** Environment variable that makes a process a worker, and has its name. */
export const WORKER_NAME = 'SECEF_WORKER';

/** The frames of one request on their way to the queue. */
export interface Append {
  /** the worker's own number for it */
  readonly id: number;
  readonly frames: Uint8Array;
  readonly messages: number;
}

/** What has become of it; without an error it is safe. */
export interface AppendResult {
  readonly id: number;
  readonly error: PlainError | undefined;
}

/** An error of the table, without what only its process can know. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Something for the figures. */
export type Note =
  { readonly answered: Answered } | { readonly validated: number } | { readonly aborted: true };

export type FromWorker =
  /** it can be sent messages */
  | { readonly kind: 'up' }
  | { readonly kind: 'listening' }
  /** it has the oldest connection that it was sent */
  | { readonly kind: 'serving' }
  /** it could not start */
  | { readonly kind: 'failed'; readonly error: PlainError }
  | { readonly kind: 'append'; readonly appends: readonly Append[] }
  | { readonly kind: 'noted'; readonly notes: readonly Note[] }
  /** somebody wants to see a page */
  | { readonly kind: 'page'; readonly id: number; readonly path: PagePath }
  | { readonly kind: 'measured'; readonly figures: ProcessFigures };

export type ToWorker =
  | { readonly kind: 'start'; readonly analyzer: Uint8Array }
  /** a connection comes with this one */
  | { readonly kind: 'serve' }
  | { readonly kind: 'appended'; readonly results: readonly AppendResult[] }
  /** without a page none could be made */
  | { readonly kind: 'page'; readonly id: number; readonly page: Page | undefined }
  /** it is to send its notes and its process's figures */
  | { readonly kind: 'measure' }
  | { readonly kind: 'stop' };

const FROM_WORKER: readonly FromWorker['kind'][] = [
  'up',
  'listening',
  'serving',
  'failed',
  'append',
  'noted',
  'page',
  'measured',
];
const TO_WORKER: readonly ToWorker['kind'][] = [
  'start',
  'serve',
  'appended',
  'page',
  'measure',
  'stop',
];

function isOneOf(message: unknown, kinds: readonly string[]): boolean {
  return (
    typeof message === 'object' &&
    message !== null &&
    'kind' in message &&
    typeof message.kind === 'string' &&
    kinds.includes(message.kind)
  );
}

/** Whether it comes from a worker of this program. */
export function isFromWorker(message: unknown): message is FromWorker {
  return isOneOf(message, FROM_WORKER);
}

/** Whether it comes from the primary. */
export function isToWorker(message: unknown): message is ToWorker {
  return isOneOf(message, TO_WORKER);
}
