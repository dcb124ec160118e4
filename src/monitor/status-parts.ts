/** Parts of the status page: the queue, the managers, the refusals. */
import type { Refused } from './figures.ts';
import { html, type Html } from './html.ts';
import type { ManagerFigures, ManagerState } from './relay-figures.ts';
import { sign } from './signs.ts';
import { NEARLY_FULL, type Level } from './verdict.ts';
import type { View } from './view.ts';
import {
  clock,
  count,
  duration,
  machineTime,
  number,
  reasonInWords,
  size,
  withoutPreamble,
} from './words.ts';

const PERCENT = 100;

function fact(name: string, value: string | Html): Html {
  return html`<dt>${name}</dt>
    <dd>${value}</dd> `;
}

/** 88 %; one digit more where that says something. */
function percent(part: number): string {
  if (part > 0 && part < 0.001) return 'less than 0.1 %';
  return `${(part * PERCENT).toFixed(part > 0 && part < 0.1 ? 1 : 0)} %`;
}

/** What waits, and how much room there is. */
export function queueCard({ queue, obstacle, now }: View): Html {
  if (queue === undefined)
    return html`<section aria-labelledby="queue">
      <h2 id="queue">Queue</h2>
      <p class="soft">There is none in a dry run.</p>
    </section>`;
  const { messages, bytes, limit, oldestAt, rejected } = queue;
  const part = Math.min(1, bytes / limit);
  const level: Level = obstacle !== undefined ? 'bad' : part > NEARLY_FULL ? 'notice' : 'good';
  const full = percent(part);
  return html`<section aria-labelledby="queue">
    <h2 id="queue">Queue</h2>
    <div id="queue-state" data-live class="${level}">
      <div class="bar">
        <svg
          viewBox="0 0 100 1"
          preserveAspectRatio="none"
          role="img"
          aria-label="The queue is ${full} full"
        >
          <rect width="${part * PERCENT}" height="1" />
        </svg>
      </div>
      <p>${full} full</p>
      <dl class="facts">
        ${fact('waiting', count(messages, 'message'))}
        ${fact('size', `${size(bytes)} of ${size(limit)}`)}
        ${fact('oldest', oldestAt === undefined ? 'nothing waits' : `for ${duration(now - oldestAt)}`)}
        ${fact('put aside', rejected === 0 ? 'none' : `${number(rejected)}, see secef queue list`)}
      </dl>
    </div>
  </section>`;
}

const STATES: Readonly<Record<ManagerState, string>> = {
  idle: 'nothing to send',
  connecting: 'connecting',
  connected: 'connected',
  failed: 'cannot be reached',
};

function describeState({ state, reachable }: ManagerFigures): { level?: Level; words: string } {
  if (reachable === false)
    return {
      level: 'bad',
      words: state === 'connecting' ? 'cannot be reached, trying again' : 'cannot be reached',
    };
  if (reachable === true || state === 'connected') return { level: 'good', words: STATES[state] };
  return { words: state === 'idle' ? 'not used so far' : STATES[state] };
}

function ago(at: number | undefined, now: number): string | Html {
  if (at === undefined) return 'not since the start';
  return html`<time datetime="${machineTime(at)}">${clock(at)} UTC</time>, ${duration(now - at)} ago`;
}

function manager(figures: ManagerFigures, now: number): Html {
  const { level, words } = describeState(figures);
  const { lastFailure, lastAcknowledged, acknowledged, resent, sessions } = figures;
  const failure =
    lastFailure === undefined
      ? undefined
      : html`<p class="error">
          <span class="soft"
            >last error, ${clock(lastFailure.at)} UTC, ${duration(now - lastFailure.at)} ago:</span
          >
          ${withoutPreamble(lastFailure.why)}
        </p>`;
  return html`<div class="manager">
    <div class="state ${level}">
      <h3>${figures.manager}</h3>
      <p>${level === undefined ? undefined : sign(level)}${words}</p>
    </div>
    <dl class="facts">
      ${fact('acknowledged', count(acknowledged, 'message'))}
      ${fact('last time', ago(lastAcknowledged, now))}
      ${fact('sent again', count(resent, 'message'))}
      ${fact('sessions', `${number(sessions.acknowledged)} good, ${number(sessions.failed)} failed`)}
    </dl>
    ${failure}
  </div> `;
}

/** The relay's state with each manager. */
export function managers({ figures, now }: View): Html {
  const all = figures.relays.flatMap((relay) => relay.managers);
  const title = all.length > 1 ? 'Managers' : 'Manager';
  const content =
    all.length === 0
      ? html`<p class="soft">Nothing is sent in a dry run.</p>`
      : all.map((one) => manager(one, now));
  return html`<section aria-labelledby="managers">
    <h2 id="managers">${title}</h2>
    <div id="managers-state" data-live>${content}</div>
  </section>`;
}

/** line 3, column 146, alert.target(0).service.port */
function place({ position, path }: Refused): string {
  const parts = [];
  if (position !== undefined) parts.push(`line ${position.line}, column ${position.column}`);
  if (path !== undefined && path !== '') parts.push(path);
  return parts.join(', ');
}

function refusal(refused: Refused): Html {
  const { at, client, subject, status, code } = refused;
  const where = place(refused);
  return html`<li>
    <time datetime="${machineTime(at)}">${clock(at)}</time>
    <span
      >${client === '' ? 'unknown sender' : client}${subject === undefined ? undefined : html`<br /><span class="soft">${subject}</span>`}</span
    >
    <span class="why"
      >${reasonInWords(code)}
      <span class="soft">(${status} ${code})</span
      >${where === '' ? undefined : html`<br /><span class="soft">${where}</span>`}</span
    >
  </li> `;
}

/** Who was refused last, and why. */
export function refusals({ figures }: View): Html {
  const { refusals: last } = figures;
  const content =
    last.length === 0
      ? html`<p class="soft">None since the gateway was started.</p>`
      : html`<ol class="refusals">
          ${last.map(refusal)}
        </ol>`;
  return html`<section aria-labelledby="refusals">
    <div class="title">
      <h2 id="refusals">Last refused requests</h2>
      <p class="soft">times are UTC</p>
    </div>
    <div id="refusals-state" data-live>${content}</div>
  </section>`;
}
