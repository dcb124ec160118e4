/**
 * The gateway's own heartbeats, as libprelude's clients send them (prelude-client.c): by them
 * Prewikka's agents page knows that it is alive.
 */
import { randomUUID } from 'node:crypto';
import { HEARTBEAT } from '../idmef/classes.ts';
import { stringValue } from '../idmef/additional-data.ts';
import type { Message } from '../idmef/message.ts';
import { now } from '../idmef/time.ts';
import { make } from './make.ts';

export type Status = 'starting' | 'running' | 'exiting';

/** A heartbeat of now. @param interval seconds until the next one */
export function heartbeat(status: Status, interval: number): Message {
  const { type, data } = stringValue(status);
  const body = make(HEARTBEAT, {
    messageid: randomUUID(),
    create_time: now(),
    heartbeat_interval: interval,
    additional_data: { meaning: 'Analyzer status', type, data },
  });
  return { version: '', body };
}
