/** One request, from its head to its answer. */
import type { ServerResponse } from 'node:http';
import type { FastCgiRequest } from 'node-fastcgi';
import { GatewayError, toGatewayError } from '../errors.ts';
import { readHead, tooLarge, type Head } from './head.ts';
import { replyError, replyOk, statusOf } from './reply.ts';

/** One document on its way in. */
export interface Intake {
  /** The next bytes. @throws GatewayError if the document is to be refused */
  write(bytes: Buffer): void;
  /** The document is complete. @returns how many messages it had, when they are safe */
  end(): Promise<number>;
}

/** How a request ended. */
export interface RequestRecord {
  /** Apache's UNIQUE_ID, or a number of ours */
  readonly id: string;
  readonly client: string;
  readonly subject: string | undefined;
  readonly bytes: number;
  readonly milliseconds: number;
  readonly status: number;
  readonly messages: number;
  readonly error: GatewayError | undefined;
}

export interface PostOptions {
  readonly maxBody: number;
  /** bytes of all bodies in flight together */
  readonly maxInFlight: number;
  /** a document begins */
  readonly open: (id: string, charset: string | undefined) => Intake;
  readonly answered: (record: RequestRecord) => void;
  /** the client went away; the request has left nothing behind */
  readonly aborted: (what: { id: string; client: string; bytes: number }) => void;
}

/** Answers requests. */
export class PostHandler {
  readonly #options: PostOptions;
  #inFlight = 0;
  #count = 0;
  #open = 0;
  #stopping = false;
  #whenIdle: (() => void)[] = [];

  constructor(options: PostOptions) {
    this.#options = options;
  }

  /** For node-fastcgi. */
  readonly handle = (request: FastCgiRequest, response: ServerResponse): void => {
    this.#open++;
    new Post(request, response, this.#options, this.#account, () => {
      this.#open--;
      if (this.#open === 0) for (const idle of this.#whenIdle.splice(0)) idle();
    }).start(String(++this.#count), this.#stopping);
  };

  /** New requests are answered 503 from now on; resolves when those that run have been answered. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#open === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle.push(resolve);
    });
  }

  /** Adds bytes that are in flight; gives whether there is room for them. */
  readonly #account = (bytes: number): boolean => {
    this.#inFlight += bytes;
    return this.#inFlight <= this.#options.maxInFlight;
  };
}

class Post {
  readonly #request: FastCgiRequest;
  readonly #response: ServerResponse;
  readonly #options: PostOptions;
  readonly #account: (bytes: number) => boolean;
  readonly #closed: () => void;
  readonly #begun = performance.now();
  #id = '';
  #head: Head | undefined;
  #intake: Intake | undefined;
  #error: GatewayError | undefined;
  #bytes = 0;
  #done = false;
  /** bytes of this request that count as in flight */
  #counted = 0;

  constructor(
    request: FastCgiRequest,
    response: ServerResponse,
    options: PostOptions,
    account: (bytes: number) => boolean,
    closed: () => void,
  ) {
    this.#request = request;
    this.#response = response;
    this.#options = options;
    this.#account = account;
    this.#closed = closed;
  }

  start(number: string, stopping: boolean): void {
    const request = this.#request;
    this.#id = request.cgiParams['UNIQUE_ID'] ?? number;
    this.#attempt(() => {
      if (stopping) throw new GatewayError('stopping', 'the gateway is stopping; try again later');
      this.#head = readHead(request, this.#options.maxBody);
      this.#intake = this.#options.open(this.#id, this.#head.charset);
    });
    request.on('data', (bytes: Buffer) => {
      this.#take(bytes);
    });
    request.once('end', () => {
      void this.#finish();
    });
    // without its end the body is only a part
    request.once('aborted', () => {
      this.#abort();
    });
    request.once('close', () => {
      this.#abort();
    });
    request.on('error', () => {
      this.#abort();
    });
    this.#response.on('error', () => undefined);
  }

  get #client(): string {
    return this.#request.cgiParams['REMOTE_ADDR'] ?? '';
  }

  /** The first error decides the answer; the rest of the body is drained before it is given. */
  #attempt(action: () => void): void {
    if (this.#error !== undefined) return;
    try {
      action();
    } catch (error) {
      this.#error = toGatewayError(error);
    }
  }

  #take(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#error !== undefined) return;
    const room = this.#account(bytes.length);
    this.#counted += bytes.length;
    this.#attempt(() => {
      if (!room)
        throw new GatewayError(
          'too-much-in-flight',
          'too many documents at a time; try again later',
        );
      if (this.#bytes > this.#options.maxBody) throw tooLarge(this.#options.maxBody);
      this.#intake?.write(bytes);
    });
    if (this.#failed) this.#release();
  }

  get #failed(): boolean {
    return this.#error !== undefined;
  }

  #release(): void {
    this.#account(-this.#counted);
    this.#counted = 0;
    this.#intake = undefined;
  }

  async #finish(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    let messages = 0;
    try {
      const announced = this.#head?.contentLength;
      if (this.#error === undefined && announced !== undefined && announced !== this.#bytes)
        throw new GatewayError(
          'short-body',
          `the body has ${this.#bytes} bytes and not ${announced} as announced`,
        );
      if (this.#error === undefined) messages = (await this.#intake?.end()) ?? 0;
    } catch (error) {
      this.#error = toGatewayError(error);
    }
    this.#release();
    this.#answer(messages);
    this.#closed();
  }

  #answer(messages: number): void {
    const error = this.#error;
    if (error === undefined) replyOk(this.#response);
    else replyError(this.#response, error, this.#id);
    this.#options.answered({
      id: this.#id,
      client: this.#client,
      subject: this.#request.cgiParams['SSL_CLIENT_S_DN'],
      bytes: this.#bytes,
      milliseconds: Math.round((performance.now() - this.#begun) * 10) / 10,
      status: error === undefined ? 200 : statusOf(error),
      messages,
      error,
    });
  }

  #abort(): void {
    if (this.#done) return;
    this.#done = true;
    this.#release();
    this.#options.aborted({ id: this.#id, client: this.#client, bytes: this.#bytes });
    this.#closed();
  }
}
