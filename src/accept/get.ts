/** GET and HEAD of the pages for those who watch the gateway. */
import type { FastCgiRequest, FastCgiResponse } from 'node-fastcgi';
import { toGatewayError } from '../errors.ts';
import { isPagePath, type PagePath, type Pages } from '../monitor/page.ts';
import { pathOf } from './head.ts';
import { replyError, replyPage } from './reply.ts';

/** What node-fastcgi is given. */
export type Handle = (request: FastCgiRequest, response: FastCgiResponse) => void;

const READING = new Set(['GET', 'HEAD']);

/**
 * Answers those who read a page, and hands every other request on.
 * @param failed a page could not be made; the client is answered 500
 */
export function withPages(pages: Pages, failed: (error: unknown) => void, other: Handle): Handle {
  return (request, response) => {
    const path = pathOf(request);
    if (!isPagePath(path) || !READING.has(request.method ?? '')) {
      other(request, response);
      return;
    }
    response.on('error', () => undefined);
    request.on('error', () => undefined);
    // an answer before the end of the request could be lost; a body is thrown away
    request.resume().once('end', () => {
      answer(response, path, pages).catch((error: unknown) => {
        failed(error);
        replyError(response, toGatewayError(error), request.cgiParams['UNIQUE_ID'] ?? '');
      });
    });
  };
}

async function answer(response: FastCgiResponse, path: PagePath, pages: Pages): Promise<void> {
  replyPage(response, await pages(path));
}
