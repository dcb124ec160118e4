/** The pages for those who watch the gateway: what they are called, and what one is. */

/** An HTTP answer, as plain data. */
export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const PAGE_PATHS = ['/health', '/ready', '/metrics', '/status'] as const;
export type PagePath = (typeof PAGE_PATHS)[number];

/** Gives the page with that path as it is now. */
export type Pages = (path: PagePath) => Promise<Page>;

/** Whether there is a page with exactly that path. */
export function isPagePath(path: string): path is PagePath {
  return PAGE_PATHS.some((page) => page === path);
}
