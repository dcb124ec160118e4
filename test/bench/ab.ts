/** ab (ApacheBench) as the load: the same document again and again from some clients. */
import { tool } from '../helpers/tools.ts';
import { mustRun } from '../helpers/run.ts';

export interface Load {
  readonly url: string;
  /** file with the body */
  readonly document: string;
  readonly clients: number;
  readonly seconds: number;
  /** file with a certificate and its key */
  readonly certificate?: string | undefined;
}

export interface Answers {
  readonly perSecond: number;
  readonly ok: number;
  /** other statuses, and requests without an answer */
  readonly bad: number;
}

/** more requests than there can be */
const MOST = 1_000_000;

/** Sends for a while with keep-alive. */
export async function sendLoad(load: Load): Promise<Answers> {
  const { url, document, clients, seconds, certificate } = load;
  const args = ['-q', '-k', '-r', '-c', String(clients), '-t', String(seconds), '-n', String(MOST)];
  const credentials = certificate === undefined ? [] : ['-E', certificate];
  const target = certificate === undefined ? url : url.replace('http:', 'https:');
  const body = ['-p', document, '-T', 'application/xml'];
  const text = await mustRun(
    tool('ab', 'apache2-utils'),
    [...args, ...credentials, ...body, target],
    {
      timeoutMs: (seconds + 60) * 1000,
    },
  );
  const figure = (name: string): number =>
    Number(new RegExp(`^${name}: +([\\d.]+)`, 'm').exec(text)?.[1] ?? 0);
  const complete = figure('Complete requests');
  const bad = figure('Failed requests') + figure('Non-2xx responses');
  if (complete === 0) throw new Error(`ab: ${text}`);
  return { perSecond: figure('Requests per second'), ok: complete - bad, bad };
}
