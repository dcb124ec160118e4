/** One request, from its head to its answer. */
import type { FastCgiRequest, FastCgiResponse } from 'node-fastcgi';
import { GatewayError, toGatewayError } from '../errors.ts';
import { readHead, tooLarge, type Head } from './head.ts';
import { InflateIntake } from './inflate.ts';
import { replyError, replyOk, statusOf } from './reply.ts';

/** What a document held. */
export interface Taken {
  readonly messages: number;
  /** how many of them were Heartbeats */
  readonly heartbeats: number;
}

/** One document on its way in. */
export interface Intake {
  /** The next bytes. @throws GatewayError if the document is to be refused */
  write(bytes: Buffer): void;
  /** The document is complete. @returns what it held, when that is safe */
  end(): Promise<Taken>;
  /** The document will not be completed. */
  abort(): void;
}

/**
 * Of a body that is refused so many bytes above the limit are read and thrown away before the
 * answer: one that comes before the end of the body is lost to many clients.
 */
const DRAIN_LIMIT = 64 * 1024 * 1024;

const NOTHING: Taken = { messages: 0, heartbeats: 0 };

/** What is known of a request, however it ended. */
export interface RequestFacts {
  /** Apache's UNIQUE_ID, or a number of ours */
  readonly id: string;
  readonly client: string;
  /** of the client's certificate */
  readonly subject: string | undefined;
  /** of the body, as far as it came */
  readonly bytes: number;
  readonly milliseconds: number;
}

/** How a request was answered. */
export interface RequestRecord extends RequestFacts {
  readonly status: number;
  readonly messages: number;
  /** how many of them were Heartbeats */
  readonly heartbeats: number;
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
  readonly aborted: (what: RequestFacts) => void;
}

/** Answers requests. */
export class PostHandler {
  readonly #options: PostOptions;
  #inFlight = 0;
  #count = 0;
  #refusing = false;

  constructor(options: PostOptions) {
    this.#options = options;
  }

  /** For node-fastcgi. */
  readonly handle = (request: FastCgiRequest, response: FastCgiResponse): void => {
    const isRefusing = (): boolean => this.#refusing;
    new Post(request, response, this.#options, this.#account, isRefusing).start(
      String(++this.#count),
    );
  };

  /** What is not complete by now is answered 503: the gateway is about to end. */
  refuse(): void {
    this.#refusing = true;
  }

  /** Adds bytes that are in flight; gives whether there is room for them. */
  readonly #account = (bytes: number): boolean => {
    this.#inFlight += bytes;
    return this.#inFlight <= this.#options.maxInFlight;
  };
}

class Post {
  readonly #request: FastCgiRequest;
  readonly #response: FastCgiResponse;
  readonly #options: PostOptions;
  readonly #account: (bytes: number) => boolean;
  readonly #isRefusing: () => boolean;
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
    response: FastCgiResponse,
    options: PostOptions,
    account: (bytes: number) => boolean,
    isRefusing: () => boolean,
  ) {
    this.#request = request;
    this.#response = response;
    this.#options = options;
    this.#account = account;
    this.#isRefusing = isRefusing;
  }

  start(number: string): void {
    const request = this.#request;
    this.#id = request.cgiParams['UNIQUE_ID'] ?? number;
    this.#attempt(() => {
      this.#head = readHead(request, this.#options.maxBody);
      this.#intake = this.#openIntake(this.#head);
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

  #openIntake({ charset, encoding }: Head): Intake {
    const intake = this.#options.open(this.#id, charset);
    if (encoding === 'identity') return intake;
    let inflated = 0;
    return new InflateIntake(encoding, intake, (bytes) => {
      inflated += bytes;
      if (inflated > this.#options.maxBody) throw tooLarge(this.#options.maxBody);
      this.#count(bytes);
    });
  }

  /** Counts bytes as in flight. @throws GatewayError too-much-in-flight */
  #count(bytes: number): void {
    this.#counted += bytes;
    if (!this.#account(bytes))
      throw new GatewayError('too-much-in-flight', 'too many documents at a time; try again later');
  }

  get #facts(): RequestFacts {
    // never from headers: a client can send those itself
    const { REMOTE_ADDR: client = '', SSL_CLIENT_S_DN: subject } = this.#request.cgiParams;
    const milliseconds = Math.round((performance.now() - this.#begun) * 10) / 10;
    return { id: this.#id, client, subject, bytes: this.#bytes, milliseconds };
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
    this.#attempt(() => {
      if (this.#bytes > this.#options.maxBody) throw tooLarge(this.#options.maxBody);
      this.#count(bytes.length);
      this.#intake?.write(bytes);
    });
    if (this.#error === undefined) return;
    this.#drop();
    if (this.#bytes > this.#options.maxBody + DRAIN_LIMIT) void this.#finish();
  }

  /** Nothing of this request is in flight any more. */
  #release(): void {
    this.#account(-this.#counted);
    this.#counted = 0;
  }

  /** The document will not be completed. */
  #drop(): void {
    this.#release();
    this.#intake?.abort();
    this.#intake = undefined;
  }

  async #finish(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    let taken = NOTHING;
    try {
      taken = await this.#complete();
    } catch (error) {
      this.#error ??= toGatewayError(error);
      this.#drop();
    }
    this.#release();
    this.#answer(taken);
  }

  /** @returns what is safe now */
  async #complete(): Promise<Taken> {
    if (this.#error !== undefined) throw this.#error;
    if (this.#isRefusing())
      throw new GatewayError('stopping', 'the gateway is stopping; try again later');
    const announced = this.#head?.contentLength;
    if (announced !== undefined && announced !== this.#bytes)
      throw new GatewayError(
        'short-body',
        `the body has ${this.#bytes} bytes and not ${announced} as announced`,
      );
    if (this.#intake === undefined) throw new Error('a request without a document');
    return this.#intake.end();
  }

  #answer(taken: Taken): void {
    const error = this.#error;
    if (error === undefined) replyOk(this.#response);
    else replyError(this.#response, error, this.#id);
    this.#options.answered({
      ...this.#facts,
      status: error === undefined ? 200 : statusOf(error),
      ...taken,
      error,
    });
  }

  #abort(): void {
    if (this.#done) return;
    this.#done = true;
    this.#drop();
    this.#options.aborted(this.#facts);
  }
}
