/**
 * The file beside the socket that tells Apache to use new connections only (secef.httpd.conf). The
 * gateway makes it before it closes those that Apache keeps; the next gateway removes it when it
 * accepts requests.
 */
import { fstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Place } from './listen.ts';

const SUFFIX = '.draining';

/** in a line of unix(7)'s table: Num RefCount Protocol Flags Type St Inode Path */
const SOCKET_LINE = /^\S+ \S+ \S+ \S+ \S+ \S+ +(\d+) (\/.*)$/gm;

/** The path of a Unix socket that listens already; undefined if it has none, or that cannot be found. */
function pathOf(fd: number): string | undefined {
  const inode = String(fstatSync(fd).ino);
  const table = readFileSync('/proc/self/net/unix', 'utf8');
  return [...table.matchAll(SOCKET_LINE)].find(([, number]) => number === inode)?.[2];
}

/** The draining of one socket. Where it does not work, a restart costs some requests their answers. */
export class Draining {
  readonly #failed: (error: unknown) => void;
  readonly #file: string | undefined;

  /** @param failed the file cannot be made or removed; says why */
  constructor(place: Place, failed: (error: unknown) => void) {
    this.#failed = failed;
    this.#file = this.#attempt(() => {
      const path = 'path' in place ? place.path : pathOf(place.fd);
      if (path === undefined) throw new Error('the socket has no path');
      return path + SUFFIX;
    });
  }

  /** Apache is to use new connections. */
  begin(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#attempt(() => {
      writeFileSync(file, '');
    });
  }

  /** Apache may use the old ones again. */
  end(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#attempt(() => {
      rmSync(file, { force: true });
    });
  }

  #attempt<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }
}
