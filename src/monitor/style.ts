/** The style sheet and the script of the status page; its policy names their hashes. */
import { createHash } from 'node:crypto';
import { Html } from './html.ts';

/**
 * Colours of text have a contrast of at least 4.5 to 1 in both schemes. No state is told by colour
 * alone: each has a shape and words.
 */
const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f4f6f8; --card: #ffffff; --line: #dde2e8; --text: #1a2430; --soft: #566270;
  --link: #1d5fa8; --accepted: #a9c6e6; --delivered: #1d4a80;
  --good: #17713f; --good-back: #e8f5ec; --notice: #7d5000; --notice-back: #fdf3dc;
  --bad: #a8201a; --bad-back: #fdecea; --grid: #e7ebef;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12171d; --card: #1b222b; --line: #313b47; --text: #e6ebf0; --soft: #a3afbc;
    --link: #8bbdf2; --accepted: #3d6491; --delivered: #b5d6fa;
    --good: #74d39a; --good-back: #16301f; --notice: #f0c265; --notice-back: #352a12;
    --bad: #ff9d94; --bad-back: #3d1b19; --grid: #28313c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
header, main, footer { max-width: 62rem; margin: 0 auto; padding: 0 1.25rem; }
header { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: baseline; padding-top: 1.25rem; padding-bottom: .75rem; }
h1 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
h1 span, header p { color: var(--soft); font-weight: 400; }
header p { margin: 0 0 0 auto; font-size: .875rem; }
h2 { font-size: 1rem; margin: 0; }
h3 { font-size: .9375rem; margin: 0; font-weight: 600; overflow-wrap: anywhere; }
p { margin: 0; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .625rem; padding: 1rem 1.25rem; margin-bottom: 1rem; min-width: 0; }
.soft { color: var(--soft); font-size: .875rem; }
.numbers { font-variant-numeric: tabular-nums; }
.good { --tone: var(--good); --back: var(--good-back); }
.notice { --tone: var(--notice); --back: var(--notice-back); }
.bad { --tone: var(--bad); --back: var(--bad-back); }
svg { display: block; }
.sign { flex: none; width: 1.25em; height: 1.25em; fill: var(--tone); }
.sign .mark { fill: none; stroke: var(--back, var(--card)); stroke-width: 2.4; stroke-linecap: round; stroke-linejoin: round; }
#verdict { padding: 0; border: 0; background: none; }
.finding { display: flex; gap: .875rem; background: var(--back); border: 1px solid var(--tone); border-left-width: .375rem; border-radius: .625rem; padding: .75rem 1.25rem; margin-bottom: .5rem; }
.finding > div { min-width: 0; overflow-wrap: anywhere; }
.finding strong { color: var(--tone); }
.finding .sign { margin-top: .15em; }
.finding:first-child { padding: 1.125rem 1.25rem; }
.finding:first-child strong { font-size: 1.5rem; line-height: 1.2; display: block; margin-bottom: .125rem; }
.finding:first-child .sign { width: 2rem; height: 2rem; margin-top: 0; }
#stale { display: none; }
.stale #stale { display: flex; }
.stale main > :not(#stale) { filter: grayscale(1); }
.key { display: grid; grid-template-columns: repeat(5, 1fr); padding: 0; margin: 0 0 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .625rem; }
.key div { padding: .875rem 1.25rem; min-width: 0; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.key div + div { border-left: 1px solid var(--line); }
.key dt { color: var(--soft); font-size: .875rem; line-height: 1.3; }
.key dd { margin: 0; font-size: 1.5rem; line-height: 1.25; font-variant-numeric: tabular-nums; white-space: nowrap; }
.title { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; align-items: baseline; justify-content: space-between; margin-bottom: .875rem; }
.legend { display: flex; flex-wrap: wrap; gap: .125rem 1rem; list-style: none; margin: 0; padding: 0; font-size: .875rem; }
.legend li { display: flex; gap: .4rem; align-items: center; }
.legend svg { width: 1.25rem; height: .75rem; }
.plot { display: grid; grid-template-columns: auto 1fr; gap: .25rem .625rem; font-size: .75rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.plot > svg { width: 100%; height: 11rem; overflow: visible; }
.scale { display: flex; flex-direction: column; justify-content: space-between; text-align: right; margin: -.55rem 0; line-height: 1.1rem; }
.times { grid-column: 2; display: flex; justify-content: space-between; }
.grid { stroke: var(--grid); stroke-width: 1; vector-effect: non-scaling-stroke; fill: none; }
.accepted { fill: var(--accepted); }
.delivered, .awaiting { fill: none; stroke: var(--delivered); stroke-width: 2; vector-effect: non-scaling-stroke; }
.awaiting { stroke-dasharray: 2 3; }
.columns { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1rem; align-items: stretch; }
.bar { height: .75rem; border: 1px solid var(--soft); border-radius: .25rem; overflow: hidden; margin: .5rem 0; }
.bar svg { width: 100%; height: 100%; }
.bar rect { fill: var(--tone); }
.facts { display: grid; grid-template-columns: auto 1fr; gap: .125rem 1rem; margin: .5rem 0 0; font-size: .875rem; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.manager + .manager { border-top: 1px solid var(--line); margin-top: .875rem; padding-top: .875rem; }
.state { display: flex; gap: .5rem; align-items: center; justify-content: space-between; flex-wrap: wrap; }
.state p { display: flex; gap: .4rem; align-items: center; color: var(--tone, var(--soft)); font-size: .9375rem; }
.error { margin-top: .5rem; font-size: .875rem; overflow-wrap: anywhere; border-left: 3px solid var(--line); padding-left: .625rem; }
.refusals { list-style: none; margin: .75rem 0 0; padding: 0; }
.refusals li { display: grid; grid-template-columns: auto 16rem 1fr; gap: 0 1rem; padding: .5rem 0; border-top: 1px solid var(--line); font-size: .875rem; }
.refusals li > * { min-width: 0; overflow-wrap: anywhere; }
.refusals time { color: var(--soft); font-variant-numeric: tabular-nums; }
details { margin-top: .75rem; font-size: .875rem; }
summary { cursor: pointer; color: var(--link); width: fit-content; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin-top: .5rem; width: 100%; max-width: 32rem; }
th, td { text-align: right; padding: .2rem .5rem; border-top: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 400; border: 0; vertical-align: bottom; }
tr > :first-child { text-align: left; padding-left: 0; font-weight: 400; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 2px; }
footer { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; justify-content: space-between; padding-bottom: 2rem; color: var(--soft); font-size: .875rem; }
footer nav { display: flex; gap: 1.25rem; }
@media (max-width: 44rem) {
  header, main, footer { padding-left: .875rem; padding-right: .875rem; }
  header p { margin-left: 0; }
  section { padding: .875rem 1rem; }
  .key { grid-template-columns: 1fr 1fr; }
  .key div { padding: .625rem 1rem; }
  .key div:nth-child(odd) { border-left: 0; }
  .key div:nth-child(n+3) { border-top: 1px solid var(--line); }
  .key div:last-child { grid-column: 1 / -1; }
  .key dd { font-size: 1.25rem; }
  .columns { grid-template-columns: minmax(0, 1fr); }
  .plot > svg { height: 9rem; }
  .finding:first-child strong { font-size: 1.25rem; }
  .refusals li { grid-template-columns: auto 1fr; gap: 0 .75rem; }
  .refusals .why { grid-column: 1 / -1; }
}
@media (forced-colors: active) {
  .sign, .bar rect { fill: CanvasText; }
  .accepted { fill: GrayText; }
  .delivered, .awaiting { stroke: CanvasText; }
}
`;

/**
 * Every ten seconds, while somebody looks, the parts that have changed are put in the place of the
 * old ones: the reader's place, an open table and the keyboard's focus stay as they are.
 */
const SCRIPT = `
'use strict';
const EVERY = 10000;
const root = document.documentElement;
async function refresh() {
  if (document.hidden) return;
  try {
    const signal = AbortSignal.timeout(EVERY);
    const answer = await fetch(location.pathname, { cache: 'no-store', signal });
    if (!answer.ok) throw new Error(String(answer.status));
    const news = new DOMParser().parseFromString(await answer.text(), 'text/html');
    document.title = news.title;
    for (const part of document.querySelectorAll('[data-live]')) {
      const fresh = news.getElementById(part.id);
      if (fresh && fresh.outerHTML !== part.outerHTML) part.replaceWith(document.adoptNode(fresh));
    }
    root.classList.remove('stale');
    document.getElementById('stale-text').textContent = '';
  } catch {
    if (root.classList.contains('stale')) return;
    root.classList.add('stale');
    document.getElementById('stale-text').textContent =
      'The gateway or Apache does not answer. What stands below is old.';
  }
}
setInterval(refresh, EVERY);
document.addEventListener('visibilitychange', refresh);
`;

/** What the hashes are of: not a space may come in between. */
export const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`);
export const SCRIPT_ELEMENT = new Html(`<script>${SCRIPT}</script>`);

function hash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** What the page may do: use its own style and script, and fetch itself. */
export const POLICY = [
  "default-src 'none'",
  `style-src ${hash(STYLE)}`,
  `script-src ${hash(SCRIPT)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
