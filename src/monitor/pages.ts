/** The pages for those who watch the gateway, made when they are asked for. */
import { hostname } from 'node:os';
import type { QueueFigures } from '../queue/look.ts';
import { CONTENT_TYPE } from './exposition.ts';
import type { Figures } from './figures.ts';
import { renderMetrics } from './metrics.ts';
import type { Page, PagePath, Pages } from './page.ts';
import type { ProcessFigures } from './process.ts';
import { renderStatus } from './status.ts';
import { POLICY } from './style.ts';
import type { View } from './view.ts';

export interface PagesOptions {
  readonly figures: Figures;
  /** what waits; undefined in a dry run */
  readonly look: () => Promise<QueueFigures | undefined>;
  /** why no ordinary request can be accepted now; undefined if it can */
  readonly obstacle: () => Promise<string | undefined>;
  /** of all processes of the gateway */
  readonly processes: () => Promise<readonly ProcessFigures[]>;
  readonly version: string;
  /** seconds between the gateway's own heartbeats */
  readonly heartbeatInterval: number;
}

const COMMON = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
const HTML_HEADERS = {
  ...COMMON,
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
};
const OK = 200;
const UNAVAILABLE = 503;

function text(status: number, body: string): Page {
  return { status, headers: { ...COMMON, 'content-type': 'text/plain; charset=utf-8' }, body };
}

async function ready({ obstacle, look }: PagesOptions): Promise<Page> {
  const why = await obstacle();
  if (why !== undefined) return text(UNAVAILABLE, `not ready: ${why}\n`);
  const dry = (await look()) === undefined;
  return text(OK, dry ? 'ready (dry run: nothing is queued or sent)\n' : 'ready\n');
}

async function view(options: PagesOptions): Promise<View> {
  const [queue, obstacle, processes] = await Promise.all([
    options.look(),
    options.obstacle(),
    options.processes(),
  ]);
  const { figures, version, heartbeatInterval } = options;
  const now = Date.now();
  return { now, host: hostname(), figures, queue, obstacle, version, heartbeatInterval, processes };
}

/** What gives the pages. */
export function makePages(options: PagesOptions): Pages {
  return async (path: PagePath): Promise<Page> => {
    switch (path) {
      case '/health':
        return text(OK, 'alive\n');
      case '/ready':
        return ready(options);
      case '/metrics':
        return {
          status: OK,
          headers: { ...COMMON, 'content-type': CONTENT_TYPE },
          body: renderMetrics(await view(options)),
        };
      case '/status':
        return { status: OK, headers: HTML_HEADERS, body: renderStatus(await view(options)) };
    }
  };
}
