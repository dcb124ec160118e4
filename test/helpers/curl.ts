import { mustRun } from './run.ts';
import { tool } from './tools.ts';

/** An HTTP answer. */
export interface Answer {
  status: number;
  /** Names in lower case; the values of one that comes several times are joined by commas. */
  headers: Map<string, string>;
  body: string;
}

/** How curl is to send a body. */
export interface Upload {
  /** application/xml unless said otherwise. */
  contentType?: string;
  /** Without a length, in chunks. */
  chunked?: boolean;
  /** As `curl -d @file` does it: without the line breaks. */
  stripped?: boolean;
  /** Bytes a second, such as `500k`. */
  rate?: string;
}

/**
 * Asks with the real curl and any of its options; throws if there is no answer.
 * @param within a command that runs another one, such as nsenter with its options
 */
export async function curl(
  url: string,
  args: string[],
  input?: string,
  within: string[] = [],
): Promise<Answer> {
  const asking = ['--silent', '--show-error', '--include', '--max-time', '120', ...args, url];
  const [command = '', ...all] = [...within, tool('curl', 'curl'), ...asking];
  const options = { timeoutMs: 150_000, ...(input === undefined ? {} : { input }) };
  return parse(await mustRun(command, all, options));
}

/** POSTs a file. */
export function postFile(url: string, file: string, upload: Upload = {}): Promise<Answer> {
  return curl(url, uploadArguments(`@${file}`, upload));
}

/** POSTs a text. */
export function postText(url: string, text: string, upload: Upload = {}): Promise<Answer> {
  return curl(url, uploadArguments('@-', upload), text);
}

function uploadArguments(data: string, upload: Upload): string[] {
  return [
    ...['--header', `Content-Type: ${upload.contentType ?? 'application/xml'}`],
    ...(upload.chunked === true ? ['--header', 'Transfer-Encoding: chunked'] : []),
    ...(upload.rate === undefined ? [] : ['--limit-rate', upload.rate]),
    ...[upload.stripped === true ? '--data' : '--data-binary', data],
  ];
}

function parse(output: string): Answer {
  const [head = '', ...rest] = output.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const status = Number(/^HTTP\/[\d.]+ (\d{3})/.exec(statusLine)?.[1]);
  // 100 Continue comes before the answer proper.
  if (status < 200) return parse(body);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { status, headers, body };
}
