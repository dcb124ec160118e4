/** The relay's decisions, with sessions that do what the test says. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { disk as realDisk, type Disk } from '../../src/queue/files.ts';
import { Queue } from '../../src/queue/queue.ts';
import { share } from '../../src/queue/share.ts';
import type { RunResult } from '../../src/relay/outcome.ts';
import type { Carried, Session } from '../../src/relay/feed.ts';
import type { SessionLimits } from '../../src/relay/limits.ts';
import { Relay, type RelayEvents } from '../../src/relay/relay.ts';
import type { UndecodableFrame } from '../../src/relay/undecodable.ts';
import { recordEvents } from '../queue/events.ts';
import { frameNames, request } from '../queue/frames.ts';

const DELIVERED: RunResult = {
  exitCode: 0,
  signal: undefined,
  spawnError: undefined,
  writeError: undefined,
  closeNotify: true,
  inputRead: true,
  stderr: '',
  hung: false,
};
const CUT: RunResult = { ...DELIVERED, closeNotify: false };
const UNDECODABLE: RunResult = { ...DELIVERED, exitCode: 255 };

/** A session that takes everything; how it ends is the test's. */
class TestSession implements Session {
  readonly connected = true;
  ended = false;
  readonly #end: RunResult;
  readonly #pieces: Buffer[] = [];
  #resolve: (result: RunResult) => void = () => undefined;
  readonly result = new Promise<RunResult>((resolve) => {
    this.#resolve = resolve;
  });
  finished = false;

  constructor(end: RunResult) {
    this.#end = end;
  }

  get names(): string[] {
    return frameNames(Buffer.concat(this.#pieces));
  }

  write(bytes: Buffer): Promise<void> {
    this.#pieces.push(bytes);
    return Promise.resolve();
  }

  finish(): Promise<RunResult> {
    this.finished = true;
    this.endWith(this.#end);
    return this.result;
  }

  /** it ends by itself */
  endWith(result: RunResult): void {
    this.ended = true;
    this.#resolve(result);
  }

  stop(): void {
    this.endWith(CUT);
  }
}

/** A session whose connection is cut when it has been given that many bytes. */
class BreakingSession extends TestSession {
  #left: number;

  constructor(bytes: number) {
    super(DELIVERED);
    this.#left = bytes;
  }

  override write(bytes: Buffer): Promise<void> {
    this.#left -= bytes.length;
    if (this.#left < 0) this.stop();
    return super.write(bytes);
  }
}

function countIn(counts: Map<string, number>, name: string): Map<string, number> {
  return counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** the path that the disk cannot read */
let unreadable = '';
const disk: Disk = {
  ...realDisk,
  openRead: async (path) => {
    if (path === unreadable)
      throw Object.assign(new Error('EIO: i/o error, open'), { code: 'EIO' });
    return realDisk.openRead(path);
  },
};

let directory = '';
let queue: Queue;
let relay: Relay;
let sessions: TestSession[] = [];
/** the alternatives that sessions were started with */
let tried: number[] = [];
/** messages that sessions were told to have been given */
let sent: number[] = [];
let events: { event: keyof RelayEvents; what: unknown }[] = [];

const QUICK: SessionLimits = { idle: 100, age: 60_000, bytes: 2 ** 30 };

function startRelay(
  ends: readonly RunResult[],
  limits: SessionLimits = QUICK,
  findUndecodable: (carried: readonly Carried[]) => Promise<UndecodableFrame | undefined> = () =>
    Promise.resolve(undefined),
  alternatives = 1,
): void {
  startSessions(
    () => new TestSession(ends[sessions.length] ?? DELIVERED),
    limits,
    findUndecodable,
    alternatives,
  );
}

function startSessions(
  makeSession: () => TestSession,
  limits: SessionLimits = QUICK,
  findUndecodable: (carried: readonly Carried[]) => Promise<UndecodableFrame | undefined> = () =>
    Promise.resolve(undefined),
  alternatives = 1,
): void {
  const [source] = share(queue, 1);
  assert.ok(source);
  relay = new Relay({
    queue: source,
    limits,
    alternatives,
    start: (alternative) => {
      tried.push(alternative);
      const session = makeSession();
      sessions.push(session);
      return Promise.resolve(session);
    },
    findUndecodable,
    events: {
      started: () => undefined,
      sent: ({ messages }) => sent.push(messages),
      delivered: (what) => events.push({ event: 'delivered', what }),
      failed: (what) => events.push({ event: 'failed', what }),
      rejected: (what) => events.push({ event: 'rejected', what }),
    },
  });
  relay.start();
}

async function until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!condition()) {
    assert.ok(Date.now() < end, 'it did not happen in time');
    await sleep(10);
  }
}

suite('relay', () => {
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'secef-relay-'));
    unreadable = '';
    sessions = [];
    events = [];
    tried = [];
    sent = [];
    queue = await Queue.open({ directory, limit: 10_000_000, disk, events: recordEvents() });
  });

  afterEach(async () => {
    await relay.stop(100);
    await queue.close();
    await rm(directory, { recursive: true });
  });

  test('sends a message as soon as it is queued, and removes it when it is acknowledged', async () => {
    startRelay([]);
    await sleep(50);
    assert.equal(sessions.length, 0);
    await queue.append(request('a', [50]), 1);
    await until(() => sessions[0]?.names.length === 1);
    assert.equal(queue.messages, 1);
    await until(() => events.length > 0);
    assert.equal(queue.messages, 0);
    assert.deepEqual(events, [
      { event: 'delivered', what: { alternative: 0, segments: 1, messages: 1, bytes: 66 } },
    ]);
  });

  test('keeps one session open while there is traffic', async () => {
    startRelay([], { ...QUICK, idle: 400 });
    for (let i = 0; i < 6; i++) {
      await queue.append(request(`r${i}`, [50]), 1);
      await sleep(100);
    }
    assert.equal(sessions.length, 1);
    assert.ok(sessions.every(({ finished }) => !finished));
    await until(() => queue.messages === 0);
    assert.equal(sessions.length, 1);
    assert.deepEqual(sessions[0]?.names, ['r0/0', 'r1/0', 'r2/0', 'r3/0', 'r4/0', 'r5/0']);
    assert.equal(
      sent.reduce((sum, messages) => sum + messages, 0),
      6,
    );
  });

  test('ends a session that is old, and goes on in another', async () => {
    startRelay([], { idle: 300, age: 300, bytes: 2 ** 30 });
    for (let i = 0; i < 10; i++) {
      await queue.append(request(`r${i}`, [50]), 1);
      await sleep(60);
    }
    await until(() => queue.messages === 0);
    assert.ok(sessions.length >= 2);
    assert.deepEqual(
      sessions.flatMap(({ names }) => names),
      Array.from({ length: 10 }, (_, i) => `r${i}/0`),
    );
  });

  test('ends a session that has carried enough', async () => {
    startRelay([], { idle: 5000, age: 60_000, bytes: 1000 });
    await queue.append(request('a', [2000]), 1);
    await until(() => queue.messages === 0);
    assert.equal(sessions.length, 1);
  });

  test('ends a session early when the queue is half full', async () => {
    startRelay([], { idle: 60_000, age: 60_000, bytes: 2 ** 30 });
    await queue.append(request('a', [5_500_000]), 1);
    await until(() => queue.messages === 0);
  });

  test('sends everything again after a session that was not acknowledged', async () => {
    startRelay([CUT, DELIVERED]);
    await queue.append(request('a', [50, 50]), 2);
    await queue.append(request('b', [50]), 1);
    await until(() => queue.messages === 0);
    assert.deepEqual(
      sessions.map(({ names }) => names),
      [
        ['a/0', 'a/1', 'b/0'],
        ['a/0', 'a/1', 'b/0'],
      ],
    );
    assert.equal(events[0]?.event, 'failed');
  });

  test('sends everything again after a session that ended by itself', async () => {
    startRelay([]);
    await queue.append(request('a', [50]), 1);
    await until(() => sessions[0]?.names.length === 1);
    sessions[0]?.endWith({ ...DELIVERED, closeNotify: false });
    await until(() => queue.messages === 0);
    assert.deepEqual(sessions[1]?.names, ['a/0']);
  });

  test('does not take for delivered what a session that ended by itself has not been given', async () => {
    startRelay([], { ...QUICK, idle: 2000 });
    await queue.append(request('a', [50]), 1);
    await until(() => sessions[0]?.names.length === 1);
    // even with an acknowledgement: b was appended to the same segment after its end
    sessions[0]?.endWith(DELIVERED);
    await queue.append(request('b', [50]), 1);
    await until(() => sessions.slice(1).some(({ names }) => names.includes('b/0')));
  });

  test('sets aside the frame that cannot be decoded, and delivers the rest at once', async () => {
    startRelay([UNDECODABLE, DELIVERED], QUICK, ([carried]) => {
      assert.ok(carried);
      return Promise.resolve({ segment: carried.segment, frame: { offset: 66, length: 66 } });
    });
    await queue.append(request('a', [50, 50, 50]), 3);
    await until(() => queue.messages === 0);
    assert.deepEqual(sessions[1]?.names, ['a/0', 'a/2']);
    assert.equal(events[0]?.event, 'rejected');
  });

  test('tries again if no such frame is found', async () => {
    startRelay([UNDECODABLE, DELIVERED]);
    await queue.append(request('a', [50]), 1);
    await until(() => queue.messages === 0);
    assert.equal(events[0]?.event, 'failed');
  });

  test('acknowledges a session when the clock has been set back', async (t) => {
    startRelay([], { ...QUICK, idle: 300 });
    await queue.append(request('a', [50]), 1);
    await until(() => sessions[0]?.names.length === 1);
    const month = 30 * 24 * 3600 * 1000;
    const past = Date.now() - month;
    t.mock.method(Date, 'now', () => past);
    await sleep(1000);
    assert.equal(queue.messages, 0);
  });

  test('makes progress over a link that breaks, and carries more again when it does not', async () => {
    const size = 10_000;
    const total = 200;
    for (let i = 0; i < total; i++) await queue.append(request(`r${i}`, [size]), 1);
    const sentSizes: number[] = [];
    let breaking = true;
    startSessions(() => {
      const session = new BreakingSession(breaking ? 100_000 : Infinity);
      void session.result.then(() => {
        sentSizes.push(session.names.length);
        if (queue.messages < total / 2) breaking = false;
      });
      return session;
    });
    await until(() => queue.messages === 0, 60_000);
    const copies = sessions.flatMap(({ names }) => names).reduce(countIn, new Map());
    assert.equal(copies.size, total);
    assert.ok(Math.max(...copies.values()) <= 5, JSON.stringify(sentSizes));
    assert.ok(
      sentSizes.some((count) => count > 12),
      JSON.stringify(sentSizes),
    );
  });

  test('delivers what it can read when the disk fails at one segment, and keeps that', async () => {
    for (const name of ['a', 'b', 'c']) {
      await queue.append(request(name, [50]), 1);
      await queue.seal();
    }
    await queue.close();
    // opened again, nothing is in memory
    queue = await Queue.open({ directory, limit: 10_000_000, disk, events: recordEvents() });
    unreadable = queue.segments[1]?.path ?? '';
    startRelay([]);
    await until(() => queue.messages === 1);
    assert.deepEqual(
      queue.segments.map(({ path }) => path),
      [unreadable],
    );
    const names = new Set(sessions.flatMap((session) => session.names));
    assert.deepEqual([...names], ['a/0', 'c/0']);
  });

  test('turns to the next manager at once, and stays with the one that works', async () => {
    startRelay([CUT, DELIVERED, DELIVERED], QUICK, undefined, 2);
    const began = Date.now();
    await queue.append(request('a', [50]), 1);
    await until(() => queue.messages === 0);
    assert.ok(Date.now() - began < 900, 'no pause before the second manager');
    await queue.append(request('b', [50]), 1);
    await until(() => queue.messages === 0);
    assert.deepEqual(tried, [0, 1, 1]);
  });

  test('waits when all managers have failed, and begins anew', async () => {
    startRelay([CUT, CUT, DELIVERED], QUICK, undefined, 2);
    const began = Date.now();
    await queue.append(request('a', [50]), 1);
    await until(() => queue.messages === 0);
    assert.ok(Date.now() - began >= 1000);
    assert.deepEqual(tried, [0, 1, 0]);
  });

  test('ends the session with its acknowledgement when it stops', async () => {
    startRelay([], { idle: 60_000, age: 60_000, bytes: 2 ** 30 });
    await queue.append(request('a', [50]), 1);
    await until(() => sessions[0]?.names.length === 1);
    await relay.stop(5000);
    assert.equal(sessions[0]?.finished, true);
    assert.equal(queue.messages, 0);
  });
});
