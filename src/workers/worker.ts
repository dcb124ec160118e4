/** A worker's side of `--workers`: takes requests, and hands what they contain to the primary. */
import { Socket } from 'node:net';
import { GatewayError, toGatewayError } from '../errors.ts';
import { startFront, type Behind, type Front } from '../front.ts';
import { collecting } from '../idle.ts';
import type { Log } from '../log.ts';
import type { Page, PagePath } from '../monitor/page.ts';
import { watchProcess, type ProcessFigures } from '../monitor/process.ts';
import type { Options } from '../options.ts';
import {
  isToWorker,
  type Append,
  type AppendResult,
  type FromWorker,
  type Note,
  type ToWorker,
} from './messages.ts';

/** milliseconds after which the primary is told of requests that have been answered */
const NOTE_INTERVAL = 50;

/** Without the primary nothing can be made safe: then the process ends. */
function send(message: FromWorker): void {
  process.send?.(message, undefined, undefined, (error: Error | null) => {
    if (error !== null) process.exit(0);
  });
}

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** What is in the primary: queue, figures and pages. */
class Primary implements Behind {
  readonly delivery: Behind['delivery'];
  readonly figures: Behind['figures'];
  readonly #appending = new Map<number, Waiting<void>>();
  readonly #asking = new Map<number, Waiting<Page>>();
  #appends: Append[] = [];
  /** appends that the primary has not answered */
  #underWay = 0;
  #notes: Note[] = [];
  #count = 0;
  #serve: ((connection: Socket) => void) | undefined;

  constructor(analyzer: Uint8Array) {
    this.delivery = {
      analyzer,
      append: (frames, messages) => this.#append(frames, messages),
    };
    this.figures = collecting({
      answered: (answered) => {
        this.#note({ answered });
      },
      validated: (validated) => {
        this.#note({ validated });
      },
      aborted: () => {
        this.#note({ aborted: true });
      },
    });
  }

  readonly listen: Behind['listen'] = (serve) => {
    this.#serve = serve;
    return Promise.resolve({ listening: true, close: () => undefined });
  };

  /** The primary has handed over a connection; without one it was closed on the way. */
  serve(connection: unknown): void {
    send({ kind: 'serving' });
    if (connection instanceof Socket) this.#serve?.(connection);
  }

  readonly pages = (path: PagePath): Promise<Page> => {
    // what it shows has this worker's last requests in it
    this.tellNotes();
    return new Promise((resolve, reject) => {
      const id = this.#count++;
      this.#asking.set(id, { resolve, reject });
      send({ kind: 'page', id, path });
    });
  };

  /** The primary has answered appends. */
  settle(results: readonly AppendResult[]): void {
    this.#underWay -= results.length;
    if (this.#underWay === 0 && this.#appends.length > 0) this.#sendAppends();
    for (const { id, error } of results) {
      const waiting = this.#appending.get(id);
      this.#appending.delete(id);
      if (error === undefined) waiting?.resolve();
      else waiting?.reject(new GatewayError(error.code, error.message));
    }
  }

  /** The primary has answered with a page. */
  show(id: number, page: Page | undefined): void {
    const waiting = this.#asking.get(id);
    this.#asking.delete(id);
    if (page === undefined) waiting?.reject(new Error('the page could not be made'));
    else waiting?.resolve(page);
  }

  /** Tells the primary what it has not been told of requests yet. */
  tellNotes(): void {
    if (this.#notes.length > 0) send({ kind: 'noted', notes: this.#notes.splice(0) });
  }

  #append(frames: Buffer, messages: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const id = this.#count++;
      this.#appending.set(id, { resolve, reject });
      this.#appends.push({ id, frames, messages });
      // what comes while some are on their way goes together: a message costs as much as an alert
      if (this.#underWay === 0) setImmediate(this.#sendAppends);
    });
  }

  readonly #sendAppends = (): void => {
    if (this.#underWay > 0 || this.#appends.length === 0) return;
    this.#underWay = this.#appends.length;
    send({ kind: 'append', appends: this.#appends.splice(0) });
  };

  #note(note: Note): void {
    if (this.#notes.push(note) > 1) return;
    setTimeout(() => {
      this.tellNotes();
    }, NOTE_INTERVAL);
  }
}

/** Runs as the primary says. */
class WorkerRole {
  readonly #options: Options;
  readonly #log: Log;
  #primary: Primary | undefined;
  #front: Promise<Front> | undefined;
  readonly #watch: () => ProcessFigures;

  constructor(name: string, options: Options, log: Log) {
    this.#watch = watchProcess(name);
    this.#options = options;
    this.#log = log;
  }

  take(message: ToWorker, connection: unknown): void {
    switch (message.kind) {
      case 'start':
        this.#start(new Primary(message.analyzer));
        return;
      case 'serve':
        this.#primary?.serve(connection);
        return;
      case 'appended':
        this.#primary?.settle(message.results);
        return;
      case 'page':
        this.#primary?.show(message.id, message.page);
        return;
      case 'measure':
        this.#primary?.tellNotes();
        send({ kind: 'measured', figures: this.#watch() });
        return;
      case 'stop':
        void this.#stop();
    }
  }

  #start(primary: Primary): void {
    this.#primary = primary;
    this.#front = startFront(this.#options, primary, this.#log);
    this.#front.then(
      () => {
        send({ kind: 'listening' });
      },
      (thrown: unknown) => {
        const { code, message } = toGatewayError(thrown);
        send({ kind: 'failed', error: { code, message } });
      },
    );
  }

  async #stop(): Promise<never> {
    const front = await this.#front?.catch(() => undefined);
    await front?.stop();
    this.#log('worker-stopped');
    process.exit(0);
  }
}

/**
 * Runs a worker until the primary stops it or is gone.
 * @param options those of the primary
 */
export function runWorker(name: string, options: Options, log: Log): void {
  const role = new WorkerRole(name, options, log);
  process.on('message', (message: unknown, connection: unknown) => {
    if (isToWorker(message)) role.take(message, connection);
  });
  process.on('disconnect', () => process.exit(0));
  // these come to the whole group at a terminal; the primary says when to end
  process.on('SIGTERM', () => undefined);
  process.on('SIGINT', () => undefined);
  send({ kind: 'up' });
}
