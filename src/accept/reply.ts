/** Outcome to HTTP: one answer a request. */
import { STATUS_CODES } from 'node:http';
import { consequence, type ErrorCode, type GatewayError } from '../errors.ts';
import type { Request } from '../fastcgi/application.ts';
import type { Page } from '../monitor/page.ts';

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

/** An answer as CGI/1.1 has it (RFC 3875, 6.2.1). */
function cgi(status: number, headers: Readonly<Record<string, string>>, body: string): string {
  const lines = [
    `Status: ${status} ${STATUS_CODES[status] ?? ''}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  if (!('content-type' in headers)) lines.push('Content-Type: text/plain; charset=utf-8');
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

const OK = cgi(200, {}, 'OK\n');

/** A page for those who watch the gateway. */
export function replyPage(request: Request, { status, headers, body }: Page): void {
  request.respond(cgi(status, headers, body));
}

/** 200 */
export function replyOk(request: Request): void {
  request.respond(OK);
}

/**
 * The error's status and text. What is inside a defect is for the log: the client gets the id that
 * the log line has.
 */
export function replyError(request: Request, error: GatewayError, id: string): void {
  const { retry } = consequence(error.code);
  const headers = {
    ...STATUS_HEADERS[error.code],
    ...(retry === true ? { 'retry-after': RETRY_AFTER } : {}),
  };
  const text =
    error.code === 'defect' ? `internal error, request ${id}; try again later` : error.describe();
  request.respond(cgi(statusOf(error), headers, `${text}\n`));
}
