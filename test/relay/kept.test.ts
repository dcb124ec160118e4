/** What is kept after an acknowledgement, with a real queue and watches that do as the test says. */
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { disk } from '../../src/queue/files.ts';
import { Queue, type Delivered } from '../../src/queue/queue.ts';
import { share } from '../../src/queue/share.ts';
import type { Session } from '../../src/relay/feed.ts';
import { KeptSource } from '../../src/relay/kept-source.ts';
import type { RunResult } from '../../src/relay/outcome.ts';
import type { Watch } from '../../src/relay/watch.ts';
import { recordEvents } from '../queue/events.ts';
import { frameNames, request } from '../queue/frames.ts';
import { tempFolder } from '../helpers/temp.ts';
import { until } from '../helpers/until.ts';

const WINDOW_MS = 1000;
const LIMIT = 10_000;
const KEPT_BYTES = 3_000;
/** payload of a request: two of them fit into what is kept, three do not */
const SIZE = 1_200;
const MOST_REPEATS = 5;

class TestWatch implements Watch {
  ended = false;
  closed = false;
  #actions: (() => void)[] = [];

  end(): void {
    this.ended = true;
    for (const action of this.#actions) action();
  }

  onEnded(action: () => void): void {
    this.#actions.push(action);
  }

  close(): void {
    this.closed = true;
  }
}

class TestSession implements Session {
  readonly connected = true;
  readonly ended = false;
  readonly result = new Promise<RunResult>(() => undefined);
  finished = false;
  stopped = false;

  write(): Promise<void> {
    return Promise.resolve();
  }

  finish(): Promise<RunResult> {
    this.finished = true;
    return Promise.resolve(DONE);
  }

  stop(): void {
    this.stopped = true;
  }
}

const DONE: RunResult = {
  ...{ exitCode: 0, signal: undefined, spawnError: undefined, writeError: undefined },
  ...{ closeNotify: true, inputRead: true, stderr: '', hung: false },
};

let queue: Queue;
let source: KeptSource;
let session: TestSession;
let watches: TestWatch[] = [];
let events: unknown[] = [];
/** gives the next watch */
let makeWatch: () => Promise<Watch>;

async function setUp(t: TestContext): Promise<void> {
  watches = [];
  events = [];
  makeWatch = () => {
    const made = new TestWatch();
    watches.push(made);
    return Promise.resolve(made);
  };
  const directory = tempFolder(t);
  queue = await Queue.open({ directory, limit: LIMIT, disk, events: recordEvents() });
  const [inner] = share(queue, 1);
  assert.ok(inner);
  source = new KeptSource(inner, {
    windowMs: WINDOW_MS,
    bytes: KEPT_BYTES,
    watch: () => makeWatch(),
    sentAgain: (what) => events.push({ sentAgain: what }),
    notWatched: (what) => events.push({ notWatched: what }),
    failed: (error) => events.push({ failed: error }),
  });
  t.after(async () => {
    await source.close();
    await queue.close();
  });
}

function append(name: string): Promise<void> {
  return queue.append(request(name, [SIZE]), 1);
}

function lastWatch(): TestWatch {
  const last = watches.at(-1);
  assert.ok(last);
  return last;
}

/** What waits, as a session would get it. */
async function waiting(): Promise<string[]> {
  const names = [];
  for (const segment of source.segments) {
    const reader = source.read(segment);
    for (let piece; (piece = await reader.next(LIMIT)) !== undefined;)
      names.push(...frameNames(piece.bytes));
    await reader.close();
  }
  return names;
}

/** All that is appended now. */
function everything(): Delivered[] {
  return source.segments.map((segment) => {
    const { length, messages } = segment;
    return { segment, length, messages };
  });
}

/** A session that carries all that waits; it is not acknowledged yet. */
async function carry(alternative = 0): Promise<Delivered[]> {
  session = new TestSession();
  const watched = await source.session(alternative, () => Promise.resolve(session));
  const carried = everything();
  await watched.finish();
  return carried;
}

/** The same, acknowledged. */
async function deliver(alternative = 0): Promise<void> {
  await source.acknowledge(await carry(alternative));
}

suite('what a manager has acknowledged', { concurrency: false }, () => {
  test('waits no more, but stays in the queue until the window is over', async (t) => {
    await setUp(t);
    await append('a');
    await deliver();
    await append('b');
    assert.deepEqual(await waiting(), ['b/0']);
    assert.equal(source.messages, 1);
    assert.equal(queue.messages, 2);
    await until(
      () => queue.segments.length === 1,
      10_000,
      () => 'the segment of a is removed',
    );
    assert.equal(queue.messages, 1);
    assert.deepEqual(events, []);
  });

  test('waits again when the manager ends within the window, and the relay hears of it', async (t) => {
    await setUp(t);
    await append('a');
    await deliver();
    await append('b');
    await deliver();
    assert.deepEqual(await waiting(), []);
    const change = source.change();
    lastWatch().end();
    await change;
    assert.deepEqual(await waiting(), ['a/0', 'b/0']);
    assert.equal(source.messages, 2);
    await sleep(1.5 * WINDOW_MS);
    assert.deepEqual(await waiting(), ['a/0', 'b/0']);
    assert.deepEqual(events, [{ sentAgain: { messages: 2 } }]);
  });

  test('counts a part of a segment', async (t) => {
    await setUp(t);
    await append('a');
    const carried = await carry();
    await append('b');
    await source.acknowledge(carried);
    assert.deepEqual(await waiting(), ['b/0']);
    await deliver();
    lastWatch().end();
    assert.deepEqual(await waiting(), ['a/0', 'b/0']);
  });

  test('waits again if the manager has ended before its acknowledgement was seen', async (t) => {
    await setUp(t);
    await append('a');
    const carried = await carry();
    lastWatch().end();
    await source.acknowledge(carried);
    assert.deepEqual(await waiting(), ['a/0']);
    assert.deepEqual(events, [{ sentAgain: { messages: 1 } }]);
  });

  test('does not count if what was acknowledged before it is to be sent again', async (t) => {
    await setUp(t);
    await append('a');
    await deliver();
    await append('b');
    const carried = await carry(1);
    watches[0]?.end();
    assert.ok(session.stopped, 'the session is of no use');
    await source.acknowledge(carried);
    assert.deepEqual(await waiting(), ['a/0', 'b/0']);
    await deliver(1);
    assert.deepEqual(await waiting(), []);
  });

  test('is removed at once, and that is logged, if the manager cannot be watched', async (t) => {
    await setUp(t);
    makeWatch = () => Promise.reject(new Error('EACCES'));
    await append('a');
    const carried = await carry();
    assert.deepEqual(events, [], 'it has not acknowledged anything');
    await source.acknowledge(carried);
    assert.deepEqual(queue.segments, []);
    assert.deepEqual(events, [{ notWatched: { alternative: 0, why: 'EACCES' } }]);
  });

  test('gives way when the queue has little room', async (t) => {
    await setUp(t);
    await append('a');
    await deliver();
    const change = source.change();
    await queue.append(request('b', [LIMIT / 2]), 1);
    await change;
    await until(
      () => queue.segments.length === 1,
      10_000,
      () => 'the segment of a is removed',
    );
    assert.deepEqual(await waiting(), ['b/0']);
  });

  test('is bounded: the oldest is released', async (t) => {
    await setUp(t);
    for (const name of ['a', 'b', 'c']) {
      await append(name);
      await deliver();
    }
    assert.equal(queue.segments.length, 2);
    lastWatch().end();
    assert.deepEqual(await waiting(), ['b/0', 'c/0']);
  });

  test('is removed when the gateway stops', async (t) => {
    await setUp(t);
    await append('a');
    await deliver();
    await source.close();
    await sleep(1);
    assert.deepEqual(queue.segments, []);
    assert.ok(lastWatch().closed);
  });

  test('is kept no longer when its watch ends again and again', async (t) => {
    await setUp(t);
    await append('a');
    for (let i = 0; i < MOST_REPEATS; i++) {
      await deliver();
      lastWatch().end();
      assert.deepEqual(await waiting(), ['a/0']);
    }
    await append('b');
    await deliver();
    assert.equal(queue.messages, 1);
    lastWatch().end();
    assert.deepEqual(await waiting(), ['b/0'], 'what is new is kept as ever');
  });
});

suite('a session', { concurrency: false }, () => {
  test('is not ended before its manager is watched', async (t) => {
    await setUp(t);
    let opened: (watch: Watch) => void = () => undefined;
    makeWatch = () =>
      new Promise((resolve) => {
        opened = resolve;
      });
    session = new TestSession();
    const watched = await source.session(0, () => Promise.resolve(session));
    const finished = watched.finish();
    await sleep(5);
    assert.equal(session.finished, false);
    opened(new TestWatch());
    await finished;
    assert.equal(session.finished, true);
  });

  test('uses the watch of the one before as long as that is open', async (t) => {
    await setUp(t);
    await append('a');
    await deliver();
    await append('b');
    await deliver();
    assert.equal(watches.length, 1);
    lastWatch().end();
    await deliver();
    assert.equal(watches.length, 2);
  });
});
