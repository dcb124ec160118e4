/** What the end of a `prelude-admin send` means: a pure function of what was seen. */

/** How the process ended. */
export interface RunResult {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** it could not be started: why */
  readonly spawnError: string | undefined;
  /** a write into its standard input failed: why */
  readonly writeError: string | undefined;
  /** it was given the end of its input, and had read all of it */
  readonly inputRead: boolean;
  /** standard output had the manager's close notify */
  readonly closeNotify: boolean;
  /** standard error, its end; if it told of a connection error, as it was then */
  readonly stderr: string;
  /** ended by us since nothing moved */
  readonly hung: boolean;
}

export type Outcome =
  | { readonly kind: 'delivered' }
  /** a frame that prelude-admin could not decode */
  | { readonly kind: 'undecodable'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };

/** prelude-admin's exit status if it cannot read a frame; the rest of its input is not read then. */
export const UNREADABLE = 255;

const CONNECTION_ERROR = /connection error/i;

/**
 * Whether this standard error tells of a failed connection. prelude-admin does not end then: it
 * reads the rest of its input and drops it.
 */
export function tellsOfConnectionError(stderr: string): boolean {
  return CONNECTION_ERROR.test(stderr);
}

/** before the reason, where advice on registering follows in further lines */
const NOT_STARTED = /^Error starting prelude-client: (.+)$/m;

/** The line of standard error that has the reason. */
function decidingLine(text: string): string {
  return NOT_STARTED.exec(text)?.[1]?.trim() ?? text.trim().split('\n').at(-1)?.trim() ?? '';
}

/**
 * Delivered is only what exit status 0, the manager's close notify, an input that was read to its
 * end and the absence of connection errors show together: prelude-admin alone exits 0 also if no
 * manager was there, and a manager that ends sends a close notify, too. Whatever is not known is a
 * failure, after which everything is sent again.
 */
export function outcomeOf(result: RunResult): Outcome {
  const failed = (why: string): Outcome => ({ kind: 'failed', why });
  if (result.spawnError !== undefined) return failed(`cannot start: ${result.spawnError}`);
  if (result.hung) return failed('no progress, stopped');
  const said = decidingLine(result.stderr);
  if (tellsOfConnectionError(result.stderr)) return failed(said);
  if (result.writeError !== undefined)
    return failed(`cannot write to prelude-admin: ${result.writeError}`);
  if (result.signal !== undefined) return failed(`killed by ${result.signal}`);
  if (result.exitCode === UNREADABLE) return { kind: 'undecodable', why: said };
  if (result.exitCode !== 0)
    return failed(said === '' ? `exit status ${result.exitCode ?? '?'}` : said);
  if (!result.closeNotify || !result.inputRead)
    return failed(said === '' ? 'the connection was cut' : said);
  return { kind: 'delivered' };
}
