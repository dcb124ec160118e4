/** One worker as the primary sees it. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { GatewayError, toGatewayError } from '../errors.ts';
import type { Behind } from '../front.ts';
import type { PagePath } from '../monitor/page.ts';
import type { ProcessFigures } from '../monitor/process.ts';
import {
  isFromWorker,
  type Append,
  type AppendResult,
  type FromWorker,
  type Note,
  type ToWorker,
  WORKER_NAME,
} from './messages.ts';

/** milliseconds for a worker to listen */
const START_PATIENCE = 15_000;
/** milliseconds for a worker to end; it gives running requests 10 s */
const STOP_PATIENCE = 12_000;
/** milliseconds for a worker to tell its figures */
const MEASURE_PATIENCE = 1000;

/** How a process has ended. */
export interface Ended {
  readonly pid: number | undefined;
  readonly status: number | null;
  readonly signal: string | null;
}

export class WorkerProcess {
  readonly name: string;
  /** Resolves when it listens; rejects with the GatewayError that it could not start with. */
  readonly listening: Promise<void>;
  readonly #behind: Behind;
  readonly #worker: ChildProcess;
  /** connections that it has been sent and has not said it has, oldest first */
  readonly #sent: Socket[] = [];
  readonly #results: AppendResult[] = [];
  #measured: ((figures: ProcessFigures | undefined) => void)[] = [];
  /** to be called when it has ended and everything that it sent has been read */
  #gone: (() => void) | undefined;
  #started: { resolve: () => void; reject: (error: Error) => void } | undefined;

  /**
   * Starts it.
   * @param ended gets the connections that it was sent and has not touched
   */
  constructor(
    name: string,
    behind: Behind,
    ended: (how: Ended, connections: readonly Socket[]) => void,
  ) {
    this.name = name;
    this.#behind = behind;
    const [, program = '', ...args] = process.argv;
    const worker = fork(program, args, {
      env: { ...process.env, [WORKER_NAME]: name },
      serialization: 'advanced',
    });
    this.#worker = worker;
    const timer = setTimeout(() => worker.kill('SIGKILL'), START_PATIENCE);
    this.listening = new Promise<void>((resolve, reject) => {
      this.#started = { resolve, reject };
    }).finally(() => {
      clearTimeout(timer);
    });
    worker.on('error', () => undefined);
    worker.on('message', (message: unknown) => {
      if (isFromWorker(message)) this.#take(message);
    });
    worker.once('exit', (status: number | null, signal: string | null) => {
      const how = signal ?? `status ${status ?? 'unknown'}`;
      this.#started?.reject(new Error(`a worker ended while it started: ${how}`));
      this.#tellMeasured(undefined);
      this.#gone = () => {
        ended({ pid: worker.pid, status, signal }, this.#sent.splice(0));
      };
      // what it has said is read first
      if (!worker.connected) this.#gone();
    });
    worker.once('disconnect', () => this.#gone?.());
  }

  /**
   * Hands a connection over. It stays open here until the worker has said that it has it: if it dies
   * before that, it has read nothing of it.
   */
  serve(connection: Socket): void {
    this.#sent.push(connection);
    if (this.#worker.connected)
      this.#worker.send(
        { kind: 'serve' } satisfies ToWorker,
        connection,
        { keepOpen: true },
        ignore,
      );
  }

  /** Its process's figures; undefined if it does not tell. What it has for the figures comes before. */
  async measure(): Promise<ProcessFigures | undefined> {
    const figures = new Promise<ProcessFigures | undefined>((resolve) => {
      if (this.#measured.push(resolve) === 1) this.#send({ kind: 'measure' });
    });
    const timer = setTimeout(() => {
      this.#tellMeasured(undefined);
    }, MEASURE_PATIENCE);
    try {
      return await figures;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it when its requests have been answered, or after some seconds. */
  async stop(): Promise<void> {
    const worker = this.#worker;
    if (worker.exitCode !== null || worker.signalCode !== null) return;
    const ended = once(worker, 'exit');
    this.#send({ kind: 'stop' });
    const timer = setTimeout(() => worker.kill('SIGKILL'), STOP_PATIENCE);
    await ended;
    clearTimeout(timer);
  }

  #send(message: ToWorker): void {
    if (this.#worker.connected) this.#worker.send(message, ignore);
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case 'up': {
        const { analyzer } = this.#behind.delivery;
        this.#send({ kind: 'start', analyzer });
        return;
      }
      case 'listening':
        this.#started?.resolve();
        return;
      case 'serving':
        this.#sent.shift()?.destroy();
        return;
      case 'failed': {
        const { code, message: text } = message.error;
        this.#started?.reject(new GatewayError(code, text));
        return;
      }
      case 'append':
        for (const append of message.appends) void this.#append(append);
        return;
      case 'noted':
        for (const note of message.notes) this.#note(note);
        return;
      case 'page':
        void this.#page(message.id, message.path);
        return;
      case 'measured':
        this.#tellMeasured(message.figures);
    }
  }

  async #append({ id, frames, messages }: Append): Promise<void> {
    let error: AppendResult['error'];
    try {
      const { buffer, byteOffset, byteLength } = frames;
      await this.#behind.delivery.append(Buffer.from(buffer, byteOffset, byteLength), messages);
    } catch (thrown) {
      const { code, message } = toGatewayError(thrown);
      error = { code, message };
    }
    // those of one group commit are told together
    if (this.#results.push({ id, error }) > 1) return;
    setImmediate(() => {
      this.#send({ kind: 'appended', results: this.#results.splice(0) });
    });
  }

  #note(note: Note): void {
    const { figures } = this.#behind;
    if ('answered' in note) figures.answered(note.answered);
    else if ('validated' in note) figures.validated(note.validated);
    else figures.aborted();
  }

  async #page(id: number, path: PagePath): Promise<void> {
    const page = await this.#behind.pages(path).catch(() => undefined);
    this.#send({ kind: 'page', id, page });
  }

  #tellMeasured(figures: ProcessFigures | undefined): void {
    for (const tell of this.#measured.splice(0)) tell(figures);
  }
}

/** For sending: a process that has ended is told of by its end. */
function ignore(): void {
  // nothing to do
}
