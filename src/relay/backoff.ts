/** Pauses after failures: growing, bounded, and not in step with other gateways. */

const FIRST = 1000;
const LONGEST = 60000;

/**
 * The pause after that many failures in a row, in milliseconds: 1 s, doubled up to 60 s, of which
 * a random half is left out.
 * @param random 0 to 1
 */
export function pauseAfter(failures: number, random: number): number {
  const full = Math.min(LONGEST, FIRST * 2 ** Math.min(failures - 1, 16));
  return Math.max(FIRST, full * (0.5 + random / 2));
}
