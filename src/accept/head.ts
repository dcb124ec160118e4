/** The head of a request: what has to be right before its body is looked at. */
import { GatewayError } from '../errors.ts';
import type { Params } from '../fastcgi/params.ts';
import { isPagePath } from '../monitor/page.ts';
import { quote } from '../idmef/text.ts';

/** How the body is compressed (RFC 9110, 8.4.1). */
export type ContentEncoding = 'identity' | 'gzip' | 'deflate';

export interface Head {
  readonly encoding: ContentEncoding;
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

function readEncoding(header: string): ContentEncoding {
  switch (header.trim().toLowerCase()) {
    case '':
    case 'identity':
      return 'identity';
    case 'gzip':
    case 'x-gzip':
      return 'gzip';
    case 'deflate':
      return 'deflate';
    default:
      throw unsupported(
        `the content encoding ${quote(header)} is not supported; use gzip, deflate or none`,
      );
  }
}

/** The path that was asked for, without a query, as the client wrote it. */
export function pathOf(params: Params): string {
  // mod_proxy_fcgi neither decodes REQUEST_URI nor cleans it up
  const uri = params.get('REQUEST_URI') ?? '';
  const query = uri.indexOf('?');
  return query < 0 ? uri : uri.slice(0, query);
}

/**
 * Checks method, content type, encoding and announced length.
 * @throws GatewayError page-only-read, method-not-allowed, unsupported-media-type, too-large
 */
export function readHead(params: Params, maxBody: number): Head {
  const method = params.get('REQUEST_METHOD') ?? '';
  const path = pathOf(params);
  if (isPagePath(path))
    throw new GatewayError('page-only-read', `${method} is not allowed on ${path}; use GET`);
  if (method !== 'POST')
    throw new GatewayError('method-not-allowed', `${method} is not allowed; use POST`);
  const contentType = params.get('CONTENT_TYPE') ?? '';
  const mediaType = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  if (!MEDIA_TYPES.has(mediaType))
    throw unsupported(
      `the content type ${quote(mediaType)} is not supported; use application/xml or text/xml`,
    );
  const encoding = readEncoding(params.get('HTTP_CONTENT_ENCODING') ?? 'identity');
  const announced = params.get('CONTENT_LENGTH') ?? '';
  const contentLength = /^\d+$/.test(announced) ? Number(announced) : undefined;
  if (contentLength !== undefined && contentLength > maxBody) throw tooLarge(maxBody);
  const [, quoted, bare] = CHARSET.exec(contentType) ?? [];
  return { charset: quoted ?? bare, contentLength, encoding };
}

/** The body is above the limit. */
export function tooLarge(maxBody: number): GatewayError {
  return new GatewayError(
    'too-large',
    `the document is longer than ${maxBody} bytes; split it, an IDMEF-Message can hold any number of alerts`,
  );
}
