/** Outcome to HTTP: one answer a request. */
import type { FastCgiResponse } from 'node-fastcgi';
import type { Page } from '../monitor/page.ts';
import { consequence, type ErrorCode, type GatewayError } from '../errors.ts';

/** What a sender is asked to wait, in seconds. */
const RETRY_AFTER = '5';
const SERVICE_ERROR = 500;

const STATUS_HEADERS: Partial<Record<ErrorCode, Readonly<Record<string, string>>>> = {
  'method-not-allowed': { allow: 'POST' },
  'page-only-read': { allow: 'GET, HEAD' },
  'unsupported-media-type': { accept: 'application/xml, text/xml' },
};

/** The status that goes with an error. */
export function statusOf(error: GatewayError): number {
  return consequence(error.code).status ?? SERVICE_ERROR;
}

function send(
  response: FastCgiResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  response.statusCode = status;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(body));
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  // node-fastcgi would answer "Connection: close" and cost the client its connection
  response.removeHeader('connection');
  // node-fastcgi would end this behind the connection's end, which costs it an error with a stack
  response.stderr.destroy();
  response.end(body);
}

/** A page for those who watch the gateway. */
export function replyPage(response: FastCgiResponse, { status, headers, body }: Page): void {
  send(response, status, headers, body);
}

/** 200 */
export function replyOk(response: FastCgiResponse): void {
  send(response, 200, {}, 'OK\n');
}

/**
 * The error's status and text. What is inside a defect is for the log: the client gets the id that
 * the log line has.
 */
export function replyError(response: FastCgiResponse, error: GatewayError, id: string): void {
  const { retry } = consequence(error.code);
  const headers = {
    ...STATUS_HEADERS[error.code],
    ...(retry === true ? { 'retry-after': RETRY_AFTER } : {}),
  };
  const text =
    error.code === 'defect' ? `internal error, request ${id}; try again later` : error.describe();
  send(response, statusOf(error), headers, `${text}\n`);
}
