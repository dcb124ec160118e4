/** Memory that a load leaves: V8 collects when more is wanted, which after a load may be never. */
import type { RequestFigures } from './monitor/figures.ts';

/** milliseconds that are looked at as a whole */
const INTERVAL = 10_000;
/** bytes of bodies in that time up to which it is quiet: a collection stops everything for some 20 ms */
const QUIET = 100 * 1024;
/** bytes of bodies whose reading leaves enough to be worth a collection */
const WORTH = 1024 * 1024;

/**
 * Collects garbage once when it has become quiet after a load.
 * @param collect a whole collection; Node gives one with --expose-gc (scripts/secef), without it nothing is done
 * @returns to be told of the bytes of each body
 */
export function collectWhenQuiet(
  collect: (() => void) | undefined = globalThis.gc,
): (bytes: number) => void {
  if (collect === undefined) return () => undefined;
  let inThisInterval = 0;
  let sinceCollection = 0;
  setInterval(() => {
    const quiet = inThisInterval <= QUIET;
    inThisInterval = 0;
    if (!quiet || sinceCollection < WORTH) return;
    sinceCollection = 0;
    collect();
  }, INTERVAL).unref();
  return (bytes) => {
    inThisInterval += bytes;
    sinceCollection += bytes;
  };
}

/** The figures, whose requests are the load of this process. */
export function collecting(figures: RequestFigures): RequestFigures {
  const took = collectWhenQuiet();
  return {
    answered: (answered) => {
      took(answered.bytes);
      figures.answered(answered);
    },
    validated: (milliseconds) => {
      figures.validated(milliseconds);
    },
    aborted: () => {
      figures.aborted();
    },
  };
}
