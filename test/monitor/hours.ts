/** An hour of a gateway's life in four versions, made up and always the same: for pictures and tests. */
import { Figures } from '../../src/monitor/figures.ts';
import type { View } from '../../src/monitor/view.ts';
import type { QueueFigures } from '../../src/queue/look.ts';

export const STATES = ['well', 'manager-down', 'queue-nearly-full', 'refusals'] as const;
export type State = (typeof STATES)[number];

const NOW = Date.UTC(2026, 10, 24, 10, 23, 45);
const MINUTE = 60_000;
const HOUR = 60;
const MIB = 1024 ** 2;
const MANAGER = 'siem.example.org:4690';
const REFUSED =
  '24 Nov 09:51:12 (process:812) WARNING: connection error with siem.example.org:4690: Connection refused';

/** Minutes before the end at which the manager went away. */
const DOWN: Record<State, number> = {
  well: 0,
  'manager-down': 12,
  'queue-nearly-full': 45,
  refusals: 0,
};
const QUEUES: Record<State, Omit<QueueFigures, 'limit' | 'rejected'>> = {
  well: { messages: 61, bytes: 61 * 1100, oldestAt: NOW - 38_000 },
  'manager-down': { messages: 735, bytes: 735 * 1100, oldestAt: NOW - 12 * MINUTE },
  'queue-nearly-full': { messages: 843_210, bytes: 905 * MIB, oldestAt: NOW - 45 * MINUTE },
  refusals: { messages: 47, bytes: 47 * 1100, oldestAt: NOW - 31_000 },
};

/** About 60 messages a minute, with waves and a burst, and the same each time. */
function messagesIn(minute: number, state: State): number {
  const wave = 20 * Math.sin(minute / 6) + 12 * Math.sin(minute * 2.1) + 9 * Math.cos(minute * 5.3);
  const burst = minute >= 31 && minute <= 33 ? 70 : 0;
  return Math.round((60 + wave + burst) * (state === 'queue-nearly-full' ? 300 : 1));
}

function refuse(figures: Figures, minute: number): void {
  const who = { milliseconds: 1.2, bytes: 900, alerts: 0, heartbeats: 0 };
  if (minute % 12 === 1)
    figures.answered({
      ...who,
      status: 400,
      client: '192.0.2.17',
      subject: 'CN=ids-3,OU=sensors,O=Example',
      refusal: {
        code: 'bad-value',
        position: { line: 3, column: 146 },
        path: 'alert.target(0).service.port',
      },
    });
  if (minute % 15 === 7)
    figures.answered({
      ...who,
      status: 415,
      client: '2001:db8::5c1',
      refusal: { code: 'unsupported-media-type' },
    });
  if (minute % 15 === 8)
    figures.answered({
      ...who,
      status: 400,
      client: '192.0.2.44',
      subject: 'CN=mail-gw,OU=sensors,O=Example',
      refusal: { code: 'malformed-xml', position: { line: 12, column: 3 } },
    });
}

/** The gateway in that state. */
export function viewOf(state: State): View {
  let now = NOW - 3 * 24 * 60 * MINUTE - 4 * 60 * MINUTE;
  const figures = new Figures(() => now);
  const relay = figures.addRelay([MANAGER]);
  const down = HOUR - DOWN[state];
  let unacknowledged = 0;
  for (let minute = 0; minute < HOUR; minute++) {
    now = NOW - (HOUR - 1 - minute) * MINUTE;
    const messages = messagesIn(minute, state);
    figures.answered({
      ...{ status: 200, milliseconds: 2, bytes: 2000, client: '192.0.2.17' },
      ...{ alerts: messages, heartbeats: 0 },
    });
    if (state === 'refusals' && minute > 40) refuse(figures, minute);
    if (minute === 0) relay.onStart(0);
    if (minute < down) {
      relay.onConnected(0);
      relay.onSent(messages);
      unacknowledged += messages;
    }
    if (minute < down && (minute % 5 === 3 || minute + 1 === down) && minute !== HOUR - 1) {
      relay.onAcknowledged(0, unacknowledged);
      unacknowledged = 0;
      relay.onStart(0);
    }
    if (minute >= down) relay.onFailure(0, REFUSED);
  }
  if (DOWN[state] === 0) relay.onConnected(0);
  now = NOW;
  const queue = { ...QUEUES[state], limit: 1024 * MIB, rejected: 0 };
  return {
    ...{ now, figures, queue, obstacle: undefined, version: '1.0.0', host: 'gateway' },
    ...{ heartbeatInterval: 600, processes: [] },
  };
}
