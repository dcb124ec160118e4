/** GET /status: the page for the operator. It shows no content of messages, and escapes everything. */
import { html, type Html } from './html.ts';
import { minuteOf } from './minutes.ts';
import { plot, rows, type Hour } from './plot.ts';
import { icon, sign } from './signs.ts';
import { managers, queueCard, refusals } from './status-parts.ts';
import { SCRIPT_ELEMENT, STYLE_ELEMENT } from './style.ts';
import { judge, type Finding } from './verdict.ts';
import type { View } from './view.ts';
import { clock, duration, machineTime, number } from './words.ts';

/** What several rows have in common: of the managers that all get everything, the slowest counts. */
function smallest(all: readonly (readonly number[])[], length: number): number[] {
  return Array.from({ length }, (_, index) => Math.min(...all.map((row) => row[index] ?? 0)));
}

function lastHour({ figures, now }: View): Hour {
  const minute = minuteOf(now);
  const accepted = figures.accepted(minute);
  const none = accepted.map(() => 0);
  if (figures.relays.length === 0) return { minute, accepted, delivered: none, awaiting: none };
  const acknowledged = figures.relays.map((relay) => relay.delivered(minute));
  const sent = figures.relays.map((relay, index) =>
    relay.awaiting(minute).map((value, at) => value + (acknowledged[index]?.[at] ?? 0)),
  );
  const delivered = smallest(acknowledged, accepted.length);
  const awaiting = smallest(sent, accepted.length).map((value, at) => value - (delivered[at] ?? 0));
  return { minute, accepted, delivered, awaiting };
}

function finding({ level, title, text }: Finding): Html {
  return html`<div class="finding ${level}">
    ${sign(level)}
    <div><strong>${title}</strong> <span>${text}</span></div>
  </div> `;
}

function keyFigure(name: string, value: string): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div> `;
}

function keyFigures({ figures, queue, now }: View, hour: Hour): Html {
  const refused = figures.refused(hour.minute).reduce((sum, one) => sum + one, 0);
  const sum = (row: readonly number[]): string => number(row.reduce((all, one) => all + one, 0));
  const age = queue?.oldestAt === undefined ? '–' : duration(now - queue.oldestAt);
  return html`<dl class="key" id="key" data-live>
    ${keyFigure('messages accepted in the last hour', sum(hour.accepted))}
    ${keyFigure('messages delivered in the last hour', sum(hour.delivered))}
    ${keyFigure('requests refused in the last hour', number(refused))}
    ${keyFigure('messages wait to be acknowledged', number(queue?.messages ?? 0))}
    ${keyFigure('is how long the oldest has waited', age)}
  </dl>`;
}

const LEGEND = html`<ul class="legend">
  <li>
    <svg viewBox="0 0 20 12" aria-hidden="true">
      <path class="accepted" d="M2 2h4v10H2zM8 5h4v7H8zM14 0h4v12h-4z" /></svg
    >accepted
  </li>
  <li>
    <svg viewBox="0 0 20 12" aria-hidden="true"><path class="delivered" d="M0 6h20" /></svg
    >delivered
  </li>
  <li>
    <svg viewBox="0 0 20 12" aria-hidden="true"><path class="awaiting" d="M0 6h20" /></svg>sent,
    acknowledgement awaited
  </li>
</ul>`;

function traffic(hour: Hour): Html {
  return html`<section aria-labelledby="traffic">
    <div class="title">
      <h2 id="traffic">Messages per minute</h2>
      ${LEGEND}
    </div>
    <div id="plot" data-live>${plot(hour)}</div>
    <details>
      <summary>The same as a table</summary>
      <table>
        <caption class="soft">
          Delivered messages stand at the minute in which they were sent, the gateway's own
          heartbeats among them; awaited are those that were sent and not acknowledged yet.
        </caption>
        <thead>
          <tr>
            <th scope="col">minute (UTC)</th>
            <th scope="col">accepted</th>
            <th scope="col">delivered</th>
            <th scope="col">awaited</th>
          </tr>
        </thead>
        <tbody id="minutes" data-live>
          ${rows(hour)}
        </tbody>
      </table>
    </details>
  </section>`;
}

function foot({ figures, version, now }: View): Html {
  const started = figures.startedAt;
  return html`<footer id="foot" data-live>
    <p>
      secef ${version}, Node.js ${process.versions.node}; up for ${duration(now - started)}, since
      <time datetime="${machineTime(started)}"
        >${machineTime(started).replace('T', ' ').replace('Z', ' UTC')}</time
      >
    </p>
    <nav aria-label="For programs">
      <a href="/metrics">metrics</a> <a href="/ready">ready</a> <a href="/health">health</a>
    </nav>
  </footer>`;
}

/** The page. Parts with `data-live` are replaced while it is open. */
export function renderStatus(view: View): string {
  const findings = judge(view);
  const [{ level, title }] = findings;
  const hour = lastHour(view);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} – secef on ${view.host}</title>
        <link rel="icon" id="icon" href="${icon(level)}" data-live />
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header>
          <h1>secef <span>on ${view.host}</span></h1>
          <p id="time" data-live>
            as of <time datetime="${machineTime(view.now)}">${clock(view.now)} UTC</time
            ><noscript>; reload for newer figures</noscript>
          </p>
        </header>
        <main>
          <div id="stale" class="finding notice">
            ${sign('notice')}
            <div role="alert"><strong id="stale-text"></strong></div>
          </div>
          <section id="verdict" role="status" aria-label="Verdict">
            <div id="findings" data-live>${findings.map(finding)}</div>
          </section>
          ${keyFigures(view, hour)} ${traffic(hour)}
          <div class="columns">${queueCard(view)} ${managers(view)}</div>
          ${refusals(view)}
        </main>
        ${foot(view)} ${SCRIPT_ELEMENT}
      </body>
    </html> `.toString();
}
