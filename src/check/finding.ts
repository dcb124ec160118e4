/** What `secef --check` says: a line for each thing that it has looked at. */

/** FAIL: the gateway would not start or not deliver. WARN: it may not go well for long. */
export type Verdict = 'ok' | 'WARN' | 'FAIL';

export interface Finding {
  readonly verdict: Verdict;
  /** what was looked at */
  readonly subject: string;
  /** what was found, and what is to be done about it */
  readonly text: string;
}

/** The three kinds of findings about one thing. */
export interface Reporter {
  readonly ok: (text: string) => Finding;
  readonly warn: (text: string) => Finding;
  readonly fail: (text: string) => Finding;
}

/** Findings about that subject. */
export function about(subject: string): Reporter {
  return {
    ok: (text) => ({ verdict: 'ok', subject, text }),
    warn: (text) => ({ verdict: 'WARN', subject, text }),
    fail: (text) => ({ verdict: 'FAIL', subject, text }),
  };
}

/** One line. */
export function lineOf({ verdict, subject, text }: Finding): string {
  return `${verdict.padEnd(4)} ${subject}: ${text}`;
}

/** Bytes for people, with the units of the options: 1.5G */
export function amount(bytes: number): string {
  const [unit, letter] =
    bytes >= 1024 ** 3
      ? [1024 ** 3, 'G']
      : bytes >= 1024 ** 2
        ? [1024 ** 2, 'M']
        : bytes >= 1024
          ? [1024, 'K']
          : [1, ' bytes'];
  return `${Math.round((bytes / unit) * 10) / 10}${letter}`;
}
