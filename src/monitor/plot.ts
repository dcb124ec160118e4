/** Messages per minute of the last hour, as a picture and as a table. */
import { html, type Html } from './html.ts';
import { MINUTES, timeOf } from './minutes.ts';
import { clockMinute, number } from './words.ts';

/** Three rows of the last hour's minutes, oldest first. */
export interface Hour {
  /** the last minute, which is not over */
  readonly minute: number;
  readonly accepted: readonly number[];
  /** acknowledged, by the minute in which they were sent */
  readonly delivered: readonly number[];
  /** sent, not acknowledged yet */
  readonly awaiting: readonly number[];
}

const STEP = 12;
const GAP = 2;
const WIDTH = MINUTES * STEP;
const HEIGHT = 200;

const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0);

/** An even number above all of them that is easy to read: 2, 4, 6, 8, 10, 20, 40 … */
function topOf(values: readonly number[]): number {
  const largest = Math.max(2, ...values);
  const power = 10 ** Math.floor(Math.log10(largest));
  return [1, 2, 4, 6, 8, 10].map((digit) => digit * power).find((top) => top >= largest) ?? largest;
}

/** A line of steps, one for each minute for which there is a value. */
function steps(values: readonly (number | undefined)[], top: number): string {
  let path = '';
  let open = false;
  values.forEach((value, index) => {
    if (value !== undefined)
      path += `${open ? 'V' : `M${index * STEP} `}${HEIGHT - (value / top) * HEIGHT}h${STEP}`;
    open = value !== undefined;
  });
  return path;
}

function picture({ accepted, delivered, awaiting }: Hour, top: number, summary: string): Html {
  const bars = accepted.map((value, index) => {
    const height = (value / top) * HEIGHT;
    return value === 0
      ? undefined
      : html`<rect
          x="${index * STEP + GAP / 2}"
          y="${HEIGHT - height}"
          width="${STEP - GAP}"
          height="${height}"
        />`;
  });
  const total = delivered.map((value, index) => value + (awaiting[index] ?? 0));
  const pending = total.map((value, index) => ((awaiting[index] ?? 0) > 0 ? value : undefined));
  // of a minute whose messages are all on their way nothing is known yet
  const known = delivered.map((value, index) =>
    value === 0 && pending[index] !== undefined ? undefined : value,
  );
  const half = HEIGHT / 2;
  return html`<svg
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    preserveAspectRatio="none"
    role="img"
    aria-label="${summary}"
  >
    <path class="grid" d="M0 1H${WIDTH}M0 ${half}H${WIDTH}M0 ${HEIGHT - 1}H${WIDTH}" />
    <g class="accepted">${bars}</g>
    <path class="awaiting" d="${steps(pending, top)}" />
    <path class="delivered" d="${steps(known, top)}" />
  </svg>`;
}

/** The picture with its scale; what it shows is also its text alternative. */
export function plot(hour: Hour): Html {
  const { accepted, delivered, awaiting, minute } = hour;
  const total = delivered.map((value, index) => value + (awaiting[index] ?? 0));
  const top = topOf([...accepted, ...total]);
  const most = Math.max(...accepted);
  const when = clockMinute(timeOf(minute - MINUTES + 1 + accepted.indexOf(most)));
  const summary = `Messages per minute of the last hour: ${number(sum(accepted))} accepted, ${number(sum(delivered))} delivered${
    most > 0 ? `, at most ${number(most)} accepted in a minute, at ${when} UTC` : ''
  }.`;
  const at = (index: number): string => clockMinute(timeOf(minute - MINUTES + 1 + index));
  return html`<div class="plot">
    <div class="scale" aria-hidden="true">
      <span>${number(top)}</span><span>${number(top / 2)}</span><span>0</span>
    </div>
    ${picture(hour, top, summary)}
    <div class="times" aria-hidden="true">
      <span>${at(0)}</span><span>${at(MINUTES / 2)}</span><span>${at(MINUTES - 1)} UTC</span>
    </div>
  </div>`;
}

/** The rows of the table, newest first. */
export function rows({ minute, accepted, delivered, awaiting }: Hour): Html {
  const all = accepted.map((value, index) => {
    const time = clockMinute(timeOf(minute - MINUTES + 1 + index));
    return html`<tr>
      <th scope="row">${time}</th>
      <td>${number(value)}</td>
      <td>${number(delivered[index] ?? 0)}</td>
      <td>${number(awaiting[index] ?? 0)}</td>
    </tr> `;
  });
  return html`${all.reverse()}`;
}
