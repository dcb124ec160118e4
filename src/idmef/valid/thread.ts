/** The near end of a thread that validates. */
import { MessageChannel, Worker } from 'node:worker_threads';
import { reason } from '../../errors.ts';
import { isAnswer, type Grammars, type ValidationAnswer } from './messages.ts';

/** characters of a document that makes libxml2 take memory which it should not keep */
const LARGE = 1024 * 1024;

/** A document that waits for its verdict. */
export interface Waiting {
  readonly document: string;
  /** @param violations a line each; none if it is valid */
  readonly resolve: (violations: readonly string[]) => void;
  /** it could not be found out */
  readonly reject: (error: Error) => void;
}

/** A thread, and the documents that it has been given and not answered. It is replaced if it fails. */
export class Thread {
  readonly #grammars: Grammars;
  readonly #patience: number;
  readonly #ready: () => void;
  readonly #giveBack: (waiting: readonly Waiting[]) => void;
  #running: { post: (document: string) => void; end: () => void } | undefined;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param patience milliseconds for one document
   * @param ready the thread has answered all that it was given
   * @param giveBack documents behind one that has made the thread fail
   */
  constructor(
    grammars: Grammars,
    patience: number,
    ready: () => void,
    giveBack: (waiting: readonly Waiting[]) => void,
  ) {
    this.#grammars = grammars;
    this.#patience = patience;
    this.#ready = ready;
    this.#giveBack = giveBack;
  }

  get idle(): boolean {
    return this.#waiting.length === 0;
  }

  /** Starts it, if it does not run, so that the first document need not wait for that. */
  warm(): void {
    this.#running ??= this.#start();
  }

  /** Gives it documents; it has to be idle. */
  validate(documents: readonly Waiting[]): void {
    this.#waiting = [...documents];
    const running = (this.#running ??= this.#start());
    for (const { document } of documents) running.post(document);
    this.#watch();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#running?.end();
    this.#running = undefined;
  }

  #start(): { post: (document: string) => void; end: () => void } {
    const { port1: near, port2: far } = new MessageChannel();
    const posted = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: { grammars: this.#grammars, port: far, posted },
      transferList: [far],
    });
    near.on('message', (message: unknown) => {
      if (!isAnswer(message)) this.#fail(new Error('an answer of no known kind'));
      else this.#take(message);
    });
    worker.on('error', (error) => {
      if (this.#running === running) this.#fail(error);
    });
    // what waits is kept in time by its timer
    near.unref();
    worker.unref();
    const running = {
      post: (document: string) => {
        near.postMessage(document);
        Atomics.add(posted, 0, 1);
        Atomics.notify(posted, 0);
      },
      end: () => {
        near.close();
        void worker.terminate();
      },
    };
    return running;
  }

  #watch(): void {
    clearTimeout(this.#timer);
    if (this.idle) return;
    this.#timer = setTimeout(() => {
      this.#fail(new Error(`no answer within ${this.#patience / 1000} s`));
    }, this.#patience);
  }

  #take(answer: ValidationAnswer): void {
    const first = this.#waiting.shift();
    if (first === undefined) return;
    if (answer.kind === 'judged') first.resolve(answer.violations);
    else first.reject(new Error(answer.reason));
    this.#watch();
    if (first.document.length > LARGE) this.#renew();
    if (this.idle) this.#ready();
  }

  /** The first document that waits is to blame. */
  #fail(error: unknown): void {
    this.close();
    const [first, ...others] = this.#waiting;
    this.#waiting = [];
    first?.reject(new Error(reason(error)));
    this.#giveBack(others);
    this.#ready();
  }

  /** The next thread starts with fresh memory. */
  #renew(): void {
    this.close();
    const others = this.#waiting;
    this.#waiting = [];
    this.#giveBack(others);
  }
}
