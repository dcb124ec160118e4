/**
 * --valid-dtd: whole documents against the RELAX NG grammars of conf/, which say what the DTDs of
 * RFC 4765 and of the 2004 draft say.
 *
 * libxml2 decides, in a thread that has read the grammars once: a document of 3 KB costs it less than
 * a millisecond. A second thread is there so that a long document does not keep the others waiting.
 */
import { readFileSync } from 'node:fs';
import { GatewayError, reason } from '../../errors.ts';
import type { VirtualFile } from './messages.ts';
import { Thread, type Waiting } from './thread.ts';

const CONF = new URL('../../../../conf/', import.meta.url);
const GRAMMAR = 'idmef.rng';
const INCLUDED = ['idmef-rfc4765.rng', 'idmef-draft-2004.rng', 'idmef-common.rng'] as const;

const THREADS = 2;
/** milliseconds for one document */
const PATIENCE = 10_000;
/** characters of all documents that a thread is given at a time; a longer one comes alone */
const BATCH_CHARACTERS = 256 * 1024;
/** documents that a thread is given at a time */
const BATCH_DOCUMENTS = 100;

function grammarFile(fileName: string): VirtualFile {
  return { fileName, contents: readFileSync(new URL(fileName, CONF), 'utf8') };
}

/** Validates documents. */
export class Validator {
  readonly #threads: readonly Thread[];
  #waiting: Waiting[] = [];
  #scheduled = false;

  /**
   * @param patience milliseconds for one document
   * @throws Error if the grammars cannot be read
   */
  constructor(patience = PATIENCE) {
    const grammars = { start: grammarFile(GRAMMAR), included: INCLUDED.map(grammarFile) };
    this.#threads = Array.from(
      { length: THREADS },
      () =>
        new Thread(
          grammars,
          patience,
          () => {
            this.#work();
          },
          (waiting) => {
            this.#waiting.unshift(...waiting);
          },
        ),
    );
    this.#threads[0]?.warm();
  }

  /**
   * Resolves if the document is valid.
   * @param document its text, which is well-formed
   * @throws GatewayError invalid with a line for each violation; validation-failed if it could not
   *   be found out
   */
  async validate(document: string): Promise<void> {
    const violations = await new Promise<readonly string[]>((resolve, reject) => {
      this.#waiting.push({ document, resolve, reject });
      this.#schedule();
    }).catch((cause: unknown) => {
      const message = `cannot validate: ${reason(cause)}; try again later`;
      throw new GatewayError('validation-failed', message, { cause });
    });
    if (violations.length > 0) throw new GatewayError('invalid', violations.join('\n'));
  }

  /** Ends the threads. */
  close(): void {
    for (const thread of this.#threads) thread.close();
  }

  /** What comes in the same turn goes to a thread together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#work();
    });
  }

  #work(): void {
    for (const thread of this.#threads)
      if (thread.idle && this.#waiting.length > 0) thread.validate(this.#takeBatch());
  }

  #takeBatch(): readonly Waiting[] {
    let characters = 0;
    const end = this.#waiting.findIndex(({ document }, index) => {
      characters += document.length;
      return index > 0 && (characters > BATCH_CHARACTERS || index >= BATCH_DOCUMENTS);
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }
}
