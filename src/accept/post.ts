/** One request, from its head to its answer. */
import { GatewayError, toGatewayError } from '../errors.ts';
import type { Application, Body, Request } from '../fastcgi/application.ts';
import { readHead, tooLarge, type Head } from './head.ts';
import { InFlight, type Sender } from './in-flight.ts';
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
  /** The next bytes, a view that nobody changes. @throws GatewayError if the document is to be refused */
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

/** what a request waits for room, in milliseconds: a part of Apache's timeout of 60 s */
const WAIT_MS = 10_000;

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
  /** milliseconds that a request waits where that is reached, before it is refused */
  readonly waitMs?: number;
  /** a document begins */
  readonly open: (id: string, charset: string | undefined) => Intake;
  readonly answered: (record: RequestRecord) => void;
  /** the client went away; the request has left nothing behind */
  readonly aborted: (what: RequestFacts) => void;
}

/** Answers requests. */
export class PostHandler {
  readonly options: PostOptions;
  readonly inFlight: InFlight;
  #count = 0;
  #refusing = false;

  constructor(options: PostOptions) {
    this.options = options;
    const { maxInFlight: maxBytes, waitMs = WAIT_MS } = options;
    this.inFlight = new InFlight({ maxBytes, waitMs });
  }

  /** Takes a request. */
  readonly handle: Application = (request) => new Post(request, this, String(++this.#count));

  /** What is not complete by now is answered 503: the gateway is about to end. */
  refuse(): void {
    this.#refusing = true;
  }

  get isRefusing(): boolean {
    return this.#refusing;
  }
}

class Post implements Body, Sender {
  readonly #request: Request;
  readonly #handler: PostHandler;
  readonly #begun = performance.now();
  readonly #id: string;
  #head: Head | undefined;
  #intake: Intake | undefined;
  #inflating: InflateIntake | undefined;
  #error: GatewayError | undefined;
  #bytes = 0;
  /** bytes that came out of the inflater */
  #inflated = 0;
  #done = false;
  /** bytes of this request that count as in flight */
  #counted = 0;
  #isInFlight = false;
  /** reasons why its connection is not read */
  #holds = 0;

  constructor(request: Request, handler: PostHandler, number: string) {
    this.#request = request;
    this.#handler = handler;
    this.#id = request.params.get('UNIQUE_ID') ?? number;
    try {
      this.#head = readHead(request.params, handler.options.maxBody);
      this.#open(this.#head);
    } catch (error) {
      this.#fail(toGatewayError(error));
    }
  }

  data(bytes: Buffer): void {
    this.#bytes += bytes.length;
    const { maxBody } = this.#handler.options;
    if (this.#error === undefined) {
      try {
        if (this.#bytes > maxBody) throw tooLarge(maxBody);
        this.#count(bytes.length);
        this.#intake?.write(bytes);
      } catch (error) {
        this.#fail(toGatewayError(error));
      }
    }
    if (this.#bytes > maxBody + DRAIN_LIMIT) void this.#finish();
  }

  end(): void {
    void this.#finish();
  }

  // without its end the body is only a part
  aborted(): void {
    if (this.#done) return;
    this.#done = true;
    this.#drop();
    this.#handler.options.aborted(this.#facts());
  }

  hold(): void {
    this.#pause();
    this.#inflating?.pause();
  }

  release(): void {
    this.#inflating?.resume();
    this.#resume();
  }

  refuse(error: GatewayError): void {
    this.#fail(error);
  }

  #open({ charset, encoding }: Head): void {
    this.#handler.inFlight.begin(this);
    this.#isInFlight = true;
    const intake = this.#handler.options.open(this.#id, charset);
    this.#intake = intake;
    if (encoding === 'identity') return;
    this.#inflating = new InflateIntake(encoding, intake, {
      inflated: (bytes) => {
        this.#countInflated(bytes);
      },
      pause: () => {
        this.#pause();
      },
      resume: () => {
        this.#resume();
      },
      complete: () => {
        this.#handler.inFlight.complete(this);
      },
    });
    this.#intake = this.#inflating;
  }

  #countInflated(bytes: number): void {
    const { maxBody } = this.#handler.options;
    this.#inflated += bytes;
    if (this.#inflated > maxBody) throw tooLarge(maxBody);
    this.#count(bytes);
  }

  /** Counts bytes as in flight; waits if they are too many. */
  #count(bytes: number): void {
    this.#counted += bytes;
    this.#handler.inFlight.add(this, bytes);
  }

  #pause(): void {
    if (++this.#holds === 1) this.#request.pause();
  }

  #resume(): void {
    if (--this.#holds === 0) this.#request.resume();
  }

  /** The first error decides the answer; the rest of the body is read before it is given. */
  #fail(error: GatewayError): void {
    this.#error ??= error;
    this.#drop();
  }

  /** The document will not be completed. */
  #drop(): void {
    this.#land();
    this.#intake?.abort();
    this.#intake = undefined;
  }

  /** Nothing of this request is in flight any more. */
  #land(): void {
    if (!this.#isInFlight) return;
    this.#isInFlight = false;
    this.#handler.inFlight.end(this, this.#counted);
  }

  async #finish(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    let taken = NOTHING;
    try {
      taken = await this.#complete();
    } catch (error) {
      this.#fail(toGatewayError(error));
    }
    this.#land();
    this.#answer(taken);
  }

  /** @returns what is safe now */
  async #complete(): Promise<Taken> {
    if (this.#error !== undefined) throw this.#error;
    if (this.#handler.isRefusing)
      throw new GatewayError('stopping', 'the gateway is stopping; try again later');
    const announced = this.#head?.contentLength;
    if (announced !== undefined && announced !== this.#bytes)
      throw new GatewayError(
        'short-body',
        `the body has ${this.#bytes} bytes and not ${announced} as announced`,
      );
    if (this.#intake === undefined) throw new Error('a request without a document');
    if (this.#inflating === undefined) this.#handler.inFlight.complete(this);
    return this.#intake.end();
  }

  #answer({ messages, heartbeats }: Taken): void {
    const error = this.#error;
    if (error === undefined) replyOk(this.#request);
    else replyError(this.#request, error, this.#id);
    const status = error === undefined ? 200 : statusOf(error);
    this.#handler.options.answered({ ...this.#facts(), status, messages, heartbeats, error });
  }

  #facts(): RequestFacts {
    // never from headers: a client can send those itself
    const { params } = this.#request;
    return {
      id: this.#id,
      client: params.get('REMOTE_ADDR') ?? '',
      subject: params.get('SSL_CLIENT_S_DN'),
      bytes: this.#bytes,
      milliseconds: Math.round((performance.now() - this.#begun) * 10) / 10,
    };
  }
}
