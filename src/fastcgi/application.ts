/** What an application that answers requests over FastCGI is made of. */
import type { Params } from './params.ts';

/** A request, whose params are complete. */
export interface Request {
  readonly params: Params;
  /** No more of the body, until resume(): at most the rest of what has been read already. */
  pause(): void;
  resume(): void;
  /**
   * The whole answer, as CGI/1.1 has it (RFC 3875, 6). Is ignored if there has been one, or if the
   * web server is gone.
   */
  respond(content: string): void;
}

/** What takes the body of a request. */
export interface Body {
  /** The next bytes: a view into what was read, which nobody changes. */
  data(piece: Buffer): void;
  /** The body is complete. */
  end(): void;
  /** The web server has aborted the request or is gone. After end(): nobody waits for the answer. */
  aborted(): void;
}

/** Takes requests. */
export type Application = (request: Request) => Body;
