/** The events of a queue, for tests. */
import type { QueueEvents } from '../../src/queue/events.ts';

export interface Recorded {
  readonly event: keyof QueueEvents;
  readonly what: unknown;
}

/** Keeps every event in the list. */
export function recordEvents(list: Recorded[] = []): QueueEvents {
  const record =
    (event: keyof QueueEvents) =>
    (what: unknown): void => {
      list.push({ event, what });
    };
  return {
    failed: record('failed'),
    torn: record('torn'),
    damaged: record('damaged'),
    unreadable: record('unreadable'),
    gap: record('gap'),
    retryRefused: record('retryRefused'),
  };
}
