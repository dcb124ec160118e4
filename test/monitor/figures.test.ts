/** The figures themselves, with a clock of the test's. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Exposition } from '../../src/monitor/exposition.ts';
import { Figures, type Answered } from '../../src/monitor/figures.ts';
import { Histogram } from '../../src/monitor/histogram.ts';
import { html, Html } from '../../src/monitor/html.ts';
import { minuteOf } from '../../src/monitor/minutes.ts';
import type { ManagerFigures, RelayFigures } from '../../src/monitor/relay-figures.ts';
import { renderStatus } from '../../src/monitor/status.ts';
import { judge } from '../../src/monitor/verdict.ts';
import { duration, size, withoutPreamble } from '../../src/monitor/words.ts';
import { STATES, viewOf } from './hours.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);

let now = START;
const clock = (): number => now;

const OK: Answered = {
  ...{ status: 200, milliseconds: 3, bytes: 100, alerts: 2, heartbeats: 1, client: '192.0.2.1' },
};
const BAD: Answered = {
  ...{ status: 400, milliseconds: 1, bytes: 10, alerts: 0, heartbeats: 0, client: '192.0.2.2' },
  refusal: { code: 'bad-value', path: 'alert.messageid' },
};

function manager(relay: RelayFigures, alternative: number): ManagerFigures {
  const found = relay.managers[alternative];
  if (found === undefined) throw new Error(`no manager ${alternative}`);
  return found;
}

suite('figures', () => {
  test('keep an hour of minutes and forget what is older', () => {
    now = START;
    const figures = new Figures(clock);
    for (let minute = 0; minute < 200; minute++) {
      now = START + minute * MINUTE;
      figures.answered({ ...OK, alerts: minute });
    }
    const hour = figures.accepted(minuteOf(now));
    assert.equal(hour.length, 60);
    assert.deepEqual([hour[0], hour[59]], [141, 200]);
    now += 10 * MINUTE;
    const later = figures.accepted(minuteOf(now));
    assert.deepEqual([later[0], later[49], later[50], later[59]], [151, 200, 0, 0]);
    assert.deepEqual(figures.messages, { alerts: (199 * 200) / 2, heartbeats: 200 });
  });

  test('keep the last twenty refusals, newest first', () => {
    const figures = new Figures(clock);
    for (let number = 0; number < 25; number++)
      figures.answered({ ...BAD, client: `192.0.2.${number}`, subject: 'CN=x' });
    assert.equal(figures.refusals.length, 20);
    assert.deepEqual(
      [figures.refusals[0]?.client, figures.refusals[19]?.client],
      ['192.0.2.24', '192.0.2.5'],
    );
    assert.equal(figures.rejected.get('bad-value'), 25);
    assert.equal(figures.requests.get(400), 25);
    assert.equal(figures.requests.get(503), 0, 'known from the beginning');
    assert.deepEqual(figures.messages, { alerts: 0, heartbeats: 0 });
  });

  test('take what another process can send', () => {
    const figures = new Figures(clock);
    const received = structuredClone({ ...BAD, subject: undefined });
    figures.answered(received);
    assert.equal(figures.refusals[0]?.path, 'alert.messageid');
  });

  test('count a delivery at the minute in which it was sent, when it is acknowledged', () => {
    now = START;
    const figures = new Figures(clock);
    const relay = figures.addRelay(['a', 'b']);
    relay.onStart(0);
    relay.onConnected(0);
    relay.onSent(5);
    now += 2 * MINUTE;
    relay.onSent(7);
    const minute = minuteOf(now);
    assert.deepEqual(relay.awaiting(minute).slice(-3), [5, 0, 7]);
    assert.deepEqual(relay.delivered(minute).slice(-3), [0, 0, 0]);
    now += 2 * MINUTE;
    relay.onAcknowledged(0, 12);
    assert.deepEqual(relay.delivered(minute).slice(-3), [5, 0, 7]);
    assert.deepEqual(relay.awaiting(minute).slice(-3), [0, 0, 0]);
    assert.equal(manager(relay, 0).acknowledged, 12);
    assert.equal(manager(relay, 0).lastAcknowledged, now);
    assert.equal(manager(relay, 0).state, 'idle');
  });

  test('take back what a failed session has sent, which is sent again', () => {
    const figures = new Figures(clock);
    const relay = figures.addRelay(['a', 'b']);
    relay.onStart(0);
    relay.onSent(5);
    relay.onFailure(0, 'refused');
    assert.equal(manager(relay, 0).resent, 0, 'without a connection nothing was sent');
    assert.deepEqual([relay.up, manager(relay, 0).reachable], [false, false]);
    relay.onStart(1);
    assert.equal(relay.up, false);
    relay.onConnected(1);
    assert.deepEqual([relay.up, manager(relay, 0).reachable], [true, false]);
    relay.onSent(5);
    relay.onFailure(1, 'cut');
    assert.equal(manager(relay, 1).resent, 5);
    relay.onConnected(1);
    assert.equal(relay.up, false, 'a session that has ended tells nothing any more');
    relay.onStart(1);
    relay.onConnected(1);
    relay.onSent(3);
    relay.onUndecodable(1);
    assert.equal(relay.up, true);
    assert.equal(manager(relay, 1).resent, 8);
    assert.deepEqual(manager(relay, 1).sessions, { acknowledged: 0, failed: 1, undecodable: 1 });
    assert.deepEqual(relay.awaiting(minuteOf(now)).at(-1), 0);
  });
});

suite('texts', () => {
  test("Prometheus' format escapes labels and counts buckets up", () => {
    const out = new Exposition();
    out.gauge('a', 'What it is.', [[{ x: 'back\\slash "quote"\nline' }, 1.5]]);
    const histogram = new Histogram([0.1, 1]);
    for (const seconds of [0.1, 0.5, 0.6, 7]) histogram.observe(seconds);
    out.histogram('b', 'Durations.', histogram);
    assert.equal(
      out.toString(),
      `# HELP a What it is.
# TYPE a gauge
a{x="back\\\\slash \\"quote\\"\\nline"} 1.5
# HELP b Durations.
# TYPE b histogram
b_bucket{le="0.1"} 1
b_bucket{le="1"} 3
b_bucket{le="+Inf"} 4
b_sum 8.2
b_count 4
`,
    );
  });

  test('everything in a template is escaped but templates', () => {
    const evil = `<script x='1' y="2">&`;
    const escaped = '&lt;script x=&#39;1&#39; y=&quot;2&quot;&gt;&amp;';
    assert.equal(
      html`<p title="${evil}">${[evil, 7, undefined, html`<b>${evil}</b>`]}</p>`.toString(),
      `<p title="${escaped}">${escaped}7<b>${escaped}</b></p>`,
    );
    assert.ok(html`` instanceof Html);
  });

  test('sizes, durations and messages of libprelude are put plainly', () => {
    assert.deepEqual([0, 1023, 1024, 150 * 1024, 1024 ** 3].map(size), [
      '0 B',
      '1023 B',
      '1.0 KiB',
      '150 KiB',
      '1.0 GiB',
    ]);
    assert.deepEqual([0, 59_999, 60_000, 3_725_000, 90_000_000].map(duration), [
      '0 s',
      '59 s',
      '1 min',
      '1 h 2 min',
      '1 d 1 h',
    ]);
    assert.equal(
      withoutPreamble('24 Nov 10:59:16 (process:182) WARNING: connection error with a: refused'),
      'connection error with a: refused',
    );
  });

  test('the subject of a certificate and the address of a manager are escaped on the page', () => {
    const figures = new Figures(clock);
    const evil = '<img src=x onerror=alert(1)>';
    figures.addRelay([evil]).onFailure(0, evil);
    figures.answered({ ...BAD, client: evil, subject: evil });
    const page = renderStatus({ ...viewOf('well'), figures, obstacle: evil, host: evil });
    assert.equal(page.includes('<img'), false);
    assert.ok(page.split('&lt;img src=x onerror=alert(1)&gt;').length > 5);
  });
});

test('the verdict names the worst first', () => {
  const titles = STATES.map((state) => judge(viewOf(state)).map(({ title }) => title));
  assert.deepEqual(titles, [
    ['Alerts get through'],
    ['Alerts are not delivered'],
    ['Alerts are not delivered', 'The queue is nearly full'],
    ['Some requests were refused'],
  ]);
  const view = viewOf('refusals');
  const full = judge({ ...view, obstacle: 'the queue is full: 9 of 9 bytes' });
  assert.deepEqual(
    full.map(({ title }) => title),
    ['Alerts are refused', 'Some requests were refused'],
  );
  assert.equal(full[0].text, 'Senders are told to try again later (503): the queue is full.');
  const aside =
    view.queue === undefined ? [] : judge({ ...view, queue: { ...view.queue, rejected: 1 } });
  assert.deepEqual(aside.map(({ title }) => title)[0], 'Messages were put aside');
});
