/**
 * --valid-dtd: whole documents against the RELAX NG grammars of conf/, which say what the DTDs of
 * RFC 4765 and of the 2004 draft say.
 *
 * A call of libxml2 costs 130 ms for one document and little more for a hundred, so documents that
 * wait are validated together. Two calls run at a time; each has its own thread.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { GatewayError, reason } from '../../errors.ts';
import { isAnswer, type Grammars, type VirtualFile } from './messages.ts';

const CONF = new URL('../../../../conf/', import.meta.url);
const GRAMMAR = 'idmef.rng';
const INCLUDED = ['idmef-rfc4765.rng', 'idmef-draft-2004.rng', 'idmef-common.rng'] as const;

const CALLS = 2;
const PATIENCE = 10_000;
/** characters of all documents of one call; a longer document has a call for itself */
const BATCH_CHARACTERS = 4 * 1024 * 1024;
/** documents of one call */
const BATCH_DOCUMENTS = 500;

interface Waiting {
  readonly document: string;
  readonly resolve: () => void;
  readonly reject: (error: GatewayError) => void;
}

function grammarFile(fileName: string): VirtualFile {
  return { fileName, contents: readFileSync(new URL(fileName, CONF), 'utf8') };
}

/** One thread that validates a batch at a time. */
class Call {
  readonly #grammars: Grammars;
  #worker: Worker | undefined;
  busy = false;

  constructor(grammars: Grammars) {
    this.#grammars = grammars;
  }

  /**
   * @returns the violations of each document
   * @throws Error if it fails or takes too long
   */
  async run(documents: readonly string[]): Promise<readonly (readonly string[])[]> {
    const worker = (this.#worker ??= this.#start());
    const given = new AbortController();
    const timer = setTimeout(() => {
      given.abort();
    }, PATIENCE);
    try {
      worker.postMessage(documents);
      // rejects if the thread fails, too
      const answer: unknown = (await once(worker, 'message', given))[0];
      if (!isAnswer(answer)) throw new Error('an answer of no known kind');
      if (answer.kind === 'failed') throw new Error(answer.reason);
      return answer.verdicts;
    } catch (error) {
      this.close();
      if (given.signal.aborted) throw new Error(`no answer within ${PATIENCE / 1000} s`);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #start(): Worker {
    const script = new URL('./worker.js', import.meta.url);
    const worker = new Worker(script, { workerData: this.#grammars });
    worker.unref();
    // without a call that waits for it an error has no consequence but a new thread
    worker.on('error', () => undefined);
    return worker;
  }

  close(): void {
    void this.#worker?.terminate();
    this.#worker = undefined;
  }
}

/** Validates documents. */
export class Validator {
  readonly #calls: readonly Call[];
  #waiting: Waiting[] = [];

  /** @throws Error if the grammars cannot be read */
  constructor() {
    const grammars = { start: grammarFile(GRAMMAR), included: INCLUDED.map(grammarFile) };
    this.#calls = Array.from({ length: CALLS }, () => new Call(grammars));
  }

  /**
   * Resolves if the document is valid.
   * @param document its text, which is well-formed
   * @throws GatewayError invalid with a line for each violation; validation-failed if it could not
   *   be found out
   */
  validate(document: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ document, resolve, reject });
      // what comes in the same turn goes into the same call
      setImmediate(() => {
        this.#work();
      });
    });
  }

  /** Ends the threads. */
  close(): void {
    for (const call of this.#calls) call.close();
  }

  #work(): void {
    const call = this.#calls.find(({ busy }) => !busy);
    if (call === undefined || this.#waiting.length === 0) return;
    call.busy = true;
    void this.#validateBatch(call, this.#takeBatch()).finally(() => {
      call.busy = false;
      this.#work();
    });
  }

  #takeBatch(): readonly Waiting[] {
    let characters = 0;
    const end = this.#waiting.findIndex(({ document }, index) => {
      characters += document.length;
      return index > 0 && (characters > BATCH_CHARACTERS || index >= BATCH_DOCUMENTS);
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  async #validateBatch(call: Call, batch: readonly Waiting[]): Promise<void> {
    try {
      const verdicts = await call.run(batch.map(({ document }) => document));
      if (verdicts.length !== batch.length) throw new Error('not every document has a verdict');
      batch.forEach(({ resolve, reject }, index) => {
        const violations = verdicts[index] ?? [];
        if (violations.length === 0) resolve();
        else reject(new GatewayError('invalid', violations.join('\n')));
      });
    } catch (cause) {
      await this.#refuse(call, batch, cause);
    }
  }

  /** A call has failed: each of its documents gets one for itself, since one may be to blame. */
  async #refuse(call: Call, batch: readonly Waiting[], cause: unknown): Promise<void> {
    if (batch.length > 1) {
      for (const waiting of batch) await this.#validateBatch(call, [waiting]);
      return;
    }
    const message = `cannot validate: ${reason(cause)}; try again later`;
    for (const { reject } of batch)
      reject(new GatewayError('validation-failed', message, { cause }));
  }
}
