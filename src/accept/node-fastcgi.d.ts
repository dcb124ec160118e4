/** What is used of node-fastcgi 2.0, which has no types. */
declare module 'node-fastcgi' {
  import type { IncomingMessage, ServerResponse } from 'node:http';
  import type { Server } from 'node:net';

  /** An IncomingMessage with the FastCGI parameters; emits `aborted` if the client goes away. */
  export interface FastCgiRequest extends IncomingMessage {
    readonly cgiParams: Readonly<Record<string, string | undefined>>;
  }

  export function createServer(
    responder: (request: FastCgiRequest, response: ServerResponse) => void,
  ): Server;
}
