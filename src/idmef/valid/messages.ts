/** What the validator and its threads say to each other. */

/** A file for libxml2. */
export interface VirtualFile {
  readonly fileName: string;
  readonly contents: string;
}

/** What a thread is started with. */
export interface Grammars {
  readonly start: VirtualFile;
  /** files that it refers to */
  readonly included: readonly VirtualFile[];
}

/** What a thread answers to an array of documents: for each its violations, a line each. */
export type ValidationAnswer =
  | { readonly kind: 'done'; readonly verdicts: readonly (readonly string[])[] }
  | { readonly kind: 'failed'; readonly reason: string };

/** Whether a message of a thread is an answer. */
export function isAnswer(message: unknown): message is ValidationAnswer {
  return typeof message === 'object' && message !== null && 'kind' in message;
}
