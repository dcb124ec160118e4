import { setTimeout as sleep } from 'node:timers/promises';

/** Something to be waited for: it gives undefined or false as long as it is not so. */
export type Condition<T> = () => T | undefined | false | Promise<T | undefined | false>;

/** Waits until `condition` gives something other than undefined or false, and returns that. */
export async function until<T>(
  condition: Condition<T>,
  timeoutMs: number,
  explain: () => string,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) {
      throw new Error(`not within ${timeoutMs / 1000} s: ${explain()}`);
    }
    await sleep(20);
  }
}
