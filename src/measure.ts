/** From requests to figures: plain data, nothing of a document. */
import type { RequestRecord } from './accept/post.ts';
import type { Answered } from './monitor/figures.ts';

/** The record without what quotes the document. */
export function answeredOf(record: RequestRecord): Answered {
  const { status, milliseconds, bytes, client, subject, messages, heartbeats, error } = record;
  const alerts = messages - heartbeats;
  if (error === undefined)
    return { status, milliseconds, bytes, client, subject, alerts, heartbeats };
  const { code, position, path } = error;
  const refusal = { code, position, path };
  return { status, milliseconds, bytes, client, subject, alerts, heartbeats, refusal };
}
