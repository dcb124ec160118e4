/** GET and HEAD of the pages for those who watch the gateway. */
import { toGatewayError } from '../errors.ts';
import type { Application, Request } from '../fastcgi/application.ts';
import { isPagePath, type PagePath, type Pages } from '../monitor/page.ts';
import { pathOf } from './head.ts';
import { replyError, replyPage } from './reply.ts';

const READING = new Set(['GET', 'HEAD']);

/**
 * Answers those who read a page, and hands every other request on.
 * @param failed a page could not be made; the client is answered 500
 */
export function withPages(
  pages: Pages,
  failed: (error: unknown) => void,
  other: Application,
): Application {
  return (request) => {
    const path = pathOf(request.params);
    if (!isPagePath(path) || !READING.has(request.params.get('REQUEST_METHOD') ?? ''))
      return other(request);
    return {
      // an answer before the end of the request could be lost; a body is thrown away
      data: () => undefined,
      end: () => void answer(request, path, pages, failed),
      aborted: () => undefined,
    };
  };
}

async function answer(
  request: Request,
  path: PagePath,
  pages: Pages,
  failed: (error: unknown) => void,
): Promise<void> {
  try {
    replyPage(request, await pages(path));
  } catch (error) {
    failed(error);
    replyError(request, toGatewayError(error), request.params.get('UNIQUE_ID') ?? '');
  }
}
