import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { createLog, EVENTS, type Log } from '../src/log.ts';
import { FIRST_LINES, FIRST_WINDOW, MOST_KINDS, type Clock } from '../src/repeats.ts';
import { isRecord } from './helpers/narrow.ts';
import { inProject } from './helpers/root.ts';

type Line = Record<string, unknown>;

/** Time that goes on when it is told to. */
class FakeClock implements Clock {
  #now = Date.UTC(2026, 0, 1);
  #calls: { at: number; action: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, action: () => void): void {
    this.#calls.push({ at: this.#now + milliseconds, action });
  }

  get waiting(): number {
    return this.#calls.length;
  }

  /** Lets time pass, and calls what is due on the way. */
  pass(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = this.#calls.sort((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#calls.shift();
      this.#now = next.at;
      next.action();
    }
    this.#now = end;
  }
}

interface Logged {
  log: Log;
  clock: FakeClock;
  lines: Line[];
}

function start(debug = false): Logged {
  const lines: Line[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      const value: unknown = JSON.parse(String(chunk));
      assert.ok(isRecord(value));
      lines.push(value);
      done();
    },
  });
  const clock = new FakeClock();
  return { log: createLog(debug, { clock, stream }), clock, lines };
}

/** How many the lines stand for. */
function total(lines: readonly Line[]): number {
  return lines.reduce((sum, { repeated = 1 }) => sum + Number(repeated), 0);
}

const refused = { code: 'malformed-xml', client: '192.0.2.1', status: 400 };
const day = 86_400_000;

test('every line has its event, and its text', () => {
  const { log, lines } = start();
  log('starting', { version: '1' });
  log('stopped');
  assert.deepEqual(
    lines.map(({ event, msg, version }) => ({ event, msg, version })),
    [
      { event: 'starting', msg: EVENTS.starting[1], version: '1' },
      { event: 'stopped', msg: EVENTS.stopped[1], version: undefined },
    ],
  );
});

test('the first equal errors are written at once, the others told in one line after a minute', () => {
  const { log, clock, lines } = start();
  for (let id = 0; id < 1000; id++) log('refused', { ...refused, id: `${id}` });
  assert.equal(lines.length, FIRST_LINES);
  assert.ok(lines.every((line) => !('repeated' in line)));
  clock.pass(FIRST_WINDOW);
  assert.equal(lines.length, FIRST_LINES + 1);
  const { event, repeated, since, id, code, client, level } = lines.at(-1) ?? {};
  assert.deepEqual(
    { event, repeated, since, id, code, client, level },
    {
      event: 'refused',
      repeated: 1000 - FIRST_LINES,
      since: '2026-01-01T00:00:00.000Z',
      id: '999',
      code: refused.code,
      client: refused.client,
      level: lines[0]?.['level'],
    },
  );
});

test('errors of other clients, of other codes and other events are told at once', () => {
  const { log, lines } = start();
  for (let times = 0; times < 100; times++) log('refused', refused);
  log('refused', { ...refused, client: '192.0.2.2' });
  log('refused', { ...refused, code: 'bad-value' });
  log('aborted', { client: refused.client });
  log('not-delivered', { manager: 'a' });
  log('not-delivered', { manager: 'b' });
  log('defect', { client: refused.client, err: new Error('one') });
  log('defect', { client: refused.client, err: new Error('another') });
  assert.equal(lines.length, FIRST_LINES + 7);
});

test('ten a second for a day make few lines, and all are counted', () => {
  const { log, clock, lines } = start();
  const seconds = 86_400;
  for (let second = 0; second < seconds; second++) {
    for (let times = 0; times < 10; times++) log('refused', refused);
    clock.pass(1000);
  }
  log('stopped');
  assert.ok(lines.length < 200, `${lines.length} lines`);
  assert.equal(total(lines), seconds * 10 + 1);
});

test('a manager that is down for a day makes few lines, and all are counted', () => {
  const { log, clock, lines } = start();
  let times = 0;
  for (let passed = 0; passed < day; times++) {
    log('not-delivered', { manager: 'a', why: 'connection refused', failures: times });
    const pause = Math.min(60_000, 1000 * 2 ** Math.min(times, 16)) * 0.75;
    clock.pass(pause);
    passed += pause;
  }
  log('stopped');
  assert.ok(times > 1500, `${times} times`);
  assert.ok(lines.length < 200, `${lines.length} lines`);
  assert.equal(total(lines), times + 1);
});

test('when it has been quiet for some minutes the first ones are written at once again', () => {
  const { log, clock, lines } = start();
  for (let times = 0; times < 10; times++) log('refused', refused);
  clock.pass(10 * FIRST_WINDOW);
  assert.equal(clock.waiting, 0, 'forgotten');
  const before = lines.length;
  log('refused', refused);
  assert.equal(lines.length, before + 1);
  assert.equal('repeated' in (lines.at(-1) ?? {}), false);
});

test('one in two minutes is always written at once', () => {
  const { log, clock, lines } = start();
  for (let times = 0; times < 30; times++) {
    log('refused', refused);
    assert.equal(lines.length, times + 1);
    clock.pass(2 * FIRST_WINDOW);
  }
  assert.equal(lines.length, 30);
});

test('what is counted is written when the gateway stops or fails, before it says so', () => {
  for (const last of ['stopped', 'failed'] as const) {
    const { log, clock, lines } = start();
    for (let times = 0; times < 100; times++) log('queue-failed', { error: 'ENOSPC' });
    log(last);
    const ends = lines.slice(FIRST_LINES).map(({ event, repeated }) => ({ event, repeated }));
    const counted = { event: 'queue-failed', repeated: 100 - FIRST_LINES };
    assert.deepEqual(ends, [counted, { event: last, repeated: undefined }]);
    clock.pass(day);
    assert.equal(lines.length, FIRST_LINES + 2, 'not a second time');
  }
});

test('ten thousand clients make a bounded number of lines and kinds, and all are counted', () => {
  const { log, clock, lines } = start();
  const clients = 10_000;
  for (let client = 0; client < clients; client++)
    log('refused', { ...refused, client: `client ${client}`, id: `${client}` });
  assert.ok(clock.waiting <= MOST_KINDS + 1, `${clock.waiting} kinds`);
  assert.equal(lines.length, MOST_KINDS + FIRST_LINES);
  clock.pass(FIRST_WINDOW);
  assert.equal(total(lines), clients);
  const { code, client, id, repeated } = lines.at(-1) ?? {};
  const rest = clients - MOST_KINDS - FIRST_LINES;
  assert.deepEqual(
    { code, client, id, repeated },
    { code: refused.code, client: 'several', id: undefined, repeated: rest },
  );
});

test('accepted requests, with --debug, and adapted ones have a line each', () => {
  const { log, lines } = start(true);
  for (let times = 0; times < 100; times++) {
    log('accepted', { client: refused.client });
    log('adapted', { client: refused.client });
  }
  assert.equal(lines.length, 200);
});

test('below the level nothing is written', () => {
  const { log, lines } = start();
  log('message', { id: '1' });
  assert.equal(lines.length, 0);
  const debug = start(true);
  debug.log('message', { id: '1' });
  assert.equal(debug.lines.length, 1);
});

/** The names in the first column of the README's table of events. */
function documentedEvents(): string[] {
  const text = readFileSync(inProject('README.md'), 'utf8');
  const [, table = ''] = /\n\| event \|[^\n]*\n\| ---[^\n]*\n((?:\|[^\n]*\n)+)/.exec(text) ?? [];
  return table
    .split('\n')
    .flatMap((row) => (row.split('|')[1] ?? '').split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

test("the README's table has every event, and no other", () => {
  const documented = documentedEvents();
  assert.deepEqual([...documented].sort(), Object.keys(EVENTS).sort());
});
