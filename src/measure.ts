/** From requests to figures: plain data, nothing of a document. */
import type { RequestRecord } from './accept/post.ts';
import type { Answered } from './monitor/figures.ts';

/** The record without what quotes the document. */
export function answeredOf({ error, messages, heartbeats, ...record }: RequestRecord): Answered {
  const { status, milliseconds, bytes, client, subject } = record;
  const answered = { status, milliseconds, bytes, client, subject, heartbeats };
  if (error === undefined) return { ...answered, alerts: messages - heartbeats };
  const { code, position, path } = error;
  return { ...answered, alerts: 0, refusal: { code, position, path } };
}
