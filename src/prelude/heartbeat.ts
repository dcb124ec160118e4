/**
 * The gateway's own heartbeats, as libprelude's clients send them (prelude-client.c): by them
 * Prewikka's agents page knows that it is alive.
 */
import { randomUUID } from 'node:crypto';
import { HEARTBEAT } from '../idmef/classes.ts';
import { readAdditionalData } from '../idmef/additional-data.ts';
import type { Message } from '../idmef/message.ts';
import { now } from '../idmef/time.ts';
import { make } from './make.ts';

export type Status = 'starting' | 'running' | 'exiting';

/** A heartbeat of now. @param interval seconds until the next one */
export function heartbeat(status: Status, interval: number): Message {
  const value = readAdditionalData({ type: 'string', nodes: [status] }, () => undefined);
  if (value === undefined) throw new Error('a status has content');
  const body = make(HEARTBEAT, {
    messageid: randomUUID(),
    create_time: now(),
    heartbeat_interval: interval,
    additional_data: { meaning: 'Analyzer status', type: value.type, data: value.data },
  });
  return { version: '', body };
}
