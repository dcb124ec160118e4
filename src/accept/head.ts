/** The head of a request: what has to be right before its body is looked at. */
import type { FastCgiRequest } from 'node-fastcgi';
import { GatewayError } from '../errors.ts';
import { quote } from '../idmef/text.ts';

export interface Head {
  /** charset parameter of the content type */
  readonly charset: string | undefined;
  /** bytes that the body has to have; undefined if Apache does not know */
  readonly contentLength: number | undefined;
}

const MEDIA_TYPES = new Set(['application/xml', 'text/xml']);
const CHARSET = /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;"]+))/i;

function unsupported(message: string): GatewayError {
  return new GatewayError('unsupported-media-type', message);
}

/**
 * Checks method, content type, encoding and announced length.
 * @throws GatewayError method-not-allowed, unsupported-media-type, too-large
 */
export function readHead(request: FastCgiRequest, maxBody: number): Head {
  const { method = '' } = request;
  if (method !== 'POST')
    throw new GatewayError('method-not-allowed', `${method} is not allowed; use POST`);
  const contentType = request.headers['content-type'] ?? '';
  const mediaType = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  if (!MEDIA_TYPES.has(mediaType))
    throw unsupported(
      `the content type ${quote(mediaType)} is not supported; use application/xml or text/xml`,
    );
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    throw unsupported(`the content encoding ${quote(encoding)} is not supported`);
  const { CONTENT_LENGTH: announced = '' } = request.cgiParams;
  const contentLength = /^\d+$/.test(announced) ? Number(announced) : undefined;
  if (contentLength !== undefined && contentLength > maxBody) throw tooLarge(maxBody);
  const [, quoted, bare] = CHARSET.exec(contentType) ?? [];
  return { charset: quoted ?? bare, contentLength };
}

/** The body is above the limit. */
export function tooLarge(maxBody: number): GatewayError {
  return new GatewayError(
    'too-large',
    `the document is longer than ${maxBody} bytes; split it, an IDMEF-Message can hold any number of alerts`,
  );
}
