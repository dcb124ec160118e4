/** A shape for each level: a disc with a tick, a triangle with "!", an octagon with a cross. */
import { Html, html } from './html.ts';
import type { Level } from './verdict.ts';

const SHAPES: Readonly<Record<Level, readonly [string, string]>> = {
  good: ['M12 1a11 11 0 1 0 0 22a11 11 0 1 0 0-22z', 'M7 12.5l3.4 3.4L17 9'],
  notice: ['M12 1.5L23.5 22H.5z', 'M12 9v6M12 18.4v.1'],
  bad: ['M7.4 1h9.2L23 7.4v9.2L16.6 23H7.4L1 16.6V7.4z', 'M8 8l8 8M16 8l-8 8'],
};

/** The sign beside words that say the same. */
export function sign(level: Level): Html {
  const [shape, mark] = SHAPES[level];
  return html`<svg class="sign" viewBox="0 0 24 24" aria-hidden="true">
    <path d="${shape}" />
    <path class="mark" d="${mark}" />
  </svg>`;
}

const TAB_COLOURS: Readonly<Record<Level, string>> = {
  good: '#17713f',
  notice: '#c98200',
  bad: '#c4281f',
};

/** The same for the browser's tab, as an address. */
export function icon(level: Level): string {
  const [shape, mark] = SHAPES[level];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="${TAB_COLOURS[level]}" d="${shape}"/><path fill="none" stroke="#fff" stroke-width="2.6" d="${mark}"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
