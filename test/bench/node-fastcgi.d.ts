/** What is used of node-fastcgi 2.0, which has no types. */
declare module 'node-fastcgi' {
  import type { IncomingMessage, ServerResponse } from 'node:http';
  import type { Server } from 'node:net';
  import type { Writable } from 'node:stream';

  /** An IncomingMessage with the FastCGI parameters; emits `aborted` if the client goes away. */
  export interface FastCgiRequest extends IncomingMessage {
    readonly cgiParams: Readonly<Record<string, string | undefined>>;
  }

  /** A ServerResponse with the FastCGI stream for errors, which is to be ended before the answer is. */
  export interface FastCgiResponse extends ServerResponse {
    readonly stderr: Writable;
  }

  export function createServer(
    responder: (request: FastCgiRequest, response: FastCgiResponse) => void,
  ): Server;
}
