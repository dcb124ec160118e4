/** What the validator and its threads say to each other. */
import { MessagePort } from 'node:worker_threads';

/** A file for libxml2. */
export interface VirtualFile {
  readonly fileName: string;
  readonly contents: string;
}

/** The grammar. */
export interface Grammars {
  readonly start: VirtualFile;
  /** files that it refers to */
  readonly included: readonly VirtualFile[];
}

/** What a thread is started with. */
export interface ThreadData {
  readonly grammars: Grammars;
  /** documents come, answers go: for each document one, in their order */
  readonly port: MessagePort;
  /** counts up with each document; the thread waits on it */
  readonly posted: Int32Array;
}

/** What a thread answers to a document: its violations, a line each. */
export type ValidationAnswer =
  | { readonly kind: 'judged'; readonly violations: readonly string[] }
  | { readonly kind: 'failed'; readonly reason: string };

/** Whether a message of a thread is an answer. */
export function isAnswer(message: unknown): message is ValidationAnswer {
  return typeof message === 'object' && message !== null && 'kind' in message;
}

/** Whether a thread got what it is to be started with. */
export function isThreadData(data: unknown): data is ThreadData {
  return (
    typeof data === 'object' &&
    data !== null &&
    'grammars' in data &&
    'posted' in data &&
    data.posted instanceof Int32Array &&
    'port' in data &&
    data.port instanceof MessagePort
  );
}
