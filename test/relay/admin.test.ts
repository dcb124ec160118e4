/** AdminSession with children in place of prelude-admin, for what the real one cannot be made to do. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AdminSession, type AdminOptions } from '../../src/relay/admin.ts';
import { dieWithParent } from '../../src/relay/child.ts';
import { outcomeOf, type Outcome } from '../../src/relay/outcome.ts';
import { Pipe } from '../../src/relay/pipe.ts';
import { root } from '../helpers/root.ts';

let directory = '';

const received = (): string => join(directory, 'received');

function options(child: string, patience: number): AdminOptions {
  return {
    program: join(root, 'test/fixtures/prelude-admin', child),
    profile: 'secef',
    address: received(),
    patience,
    connected: () => undefined,
  };
}

function start(child: string, patience = 10_000): Promise<AdminSession> {
  return AdminSession.start(options(child, patience));
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

/** The first answer that is neither an error nor false. */
async function until<T>(question: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    const answer = await question().catch(() => undefined);
    if (answer !== undefined && answer !== false && answer !== 0) return answer;
    assert.ok(tries < 200, 'it did not happen within 10 s');
    await sleep(50);
  }
}

async function sendTo(child: string, bytes: Buffer, patience?: number): Promise<Outcome> {
  const session = await start(child, patience);
  await session.write(bytes);
  return outcomeOf(await session.finish());
}

const small = Buffer.from('some frames');

suite('prelude-admin', () => {
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'secef-admin-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  test('gets every byte on a standard input that it can open', async () => {
    const bytes = Buffer.alloc(3_000_000, 'abcdefghij');
    assert.deepEqual(await sendTo('delivers', bytes), { kind: 'delivered' });
    assert.ok((await readFile(received())).equals(bytes));
  });

  test('that exits 0 undelivered is a failure', async () => {
    assert.deepEqual(await sendTo('exits-undelivered', small), {
      kind: 'failed',
      why: 'the connection was cut',
    });
  });

  test('without a manager is a failure that names the reason', async () => {
    const outcome = await sendTo('connection-refused', Buffer.alloc(1_000_000));
    assert.ok(outcome.kind === 'failed');
    assert.match(outcome.why, /Connection refused/);
  });

  test('that cannot decode a frame is told apart', async () => {
    const outcome = await sendTo('undecodable', Buffer.alloc(1_000_000));
    assert.deepEqual(outcome, { kind: 'undecodable', why: 'error reading message: unknown tag' });
  });

  test('that hangs while it is written to and ignores TERM is killed', async () => {
    const began = Date.now();
    const outcome = await sendTo('hangs', Buffer.alloc(1_000_000), 500);
    assert.deepEqual(outcome, { kind: 'failed', why: 'no progress, stopped' });
    const pid = Number(await readFile(received(), 'utf8'));
    assert.throws(() => process.kill(pid, 0), /ESRCH/);
    assert.ok(Date.now() - began < 9000);
  });

  test('that hangs at its end is stopped', async () => {
    assert.deepEqual(await sendTo('reads-and-hangs', small, 500), {
      kind: 'failed',
      why: 'no progress, stopped',
    });
  });

  test('that floods standard error delivers all the same', async () => {
    assert.deepEqual(await sendTo('floods', small), { kind: 'delivered' });
    assert.ok((await readFile(received())).equals(small));
  });

  test('whose manager is slow is not stopped while it makes progress', async () => {
    // longer than the patience in all, with signs of life in between
    assert.deepEqual(await sendTo('slow', Buffer.alloc(300_000), 600), { kind: 'delivered' });
  });

  test('may wait for messages for longer than the patience', async () => {
    const session = await start('delivers', 300);
    await session.write(small);
    await sleep(1000);
    assert.equal(session.ended, false);
    assert.equal(outcomeOf(await session.finish()).kind, 'delivered');
  });

  test('that ends by itself with a close notify, as when a manager stops, is a failure', async () => {
    const session = await start('manager-stops');
    await session.write(small);
    await session.result;
    assert.equal(outcomeOf(await session.finish()).kind, 'failed');
  });

  test('that leaves something unread is a failure', async () => {
    const outcome = await sendTo('leaves-unread', small);
    assert.equal(outcome.kind, 'failed');
  });

  test('that was not given everything, since a write failed, is a failure', async () => {
    const pipe = await Pipe.make();
    const session = await AdminSession.start({
      ...options('delivers', 10_000),
      makePipe: () => Promise.resolve(pipe),
    });
    await session.write(small);
    // as pipe(7) fails without memory
    pipe.writer.destroy(new Error('write ENOMEM'));
    await session.write(small);
    assert.deepEqual(outcomeOf(await session.finish()), {
      kind: 'failed',
      why: 'cannot write to prelude-admin: write ENOMEM',
    });
  });

  test('is not started for a gateway that has been killed already', () => {
    const file = join(directory, 'started');
    const { command, args } = dieWithParent('touch', [file]);
    const start = (parent: string): void => {
      spawnSync(
        command,
        args.map((arg) => (arg === String(process.pid) ? parent : arg)),
      );
    };
    start('1');
    assert.equal(existsSync(file), false);
    start(String(process.pid));
    assert.equal(existsSync(file), true);
  });

  test('does not outlive a gateway that is killed', async () => {
    const script = `
      const { AdminSession } = await import(${JSON.stringify(new URL('../../src/relay/admin.js', import.meta.url).href)});
      await AdminSession.start(${JSON.stringify(options('hangs', 10_000))});
      setInterval(() => {}, 1000);`;
    const gateway = spawn(process.execPath, ['--input-type=module', '-e', script]);
    const pid = await until(() => readFile(received(), 'utf8').then(Number));
    gateway.kill('SIGKILL');
    await until(() => Promise.resolve(isGone(pid)));
  });

  test('that is not installed is a failure', async () => {
    const outcome = await sendTo('no-such-program', small);
    assert.ok(outcome.kind === 'failed');
    assert.match(outcome.why, /no-such-program: not found/);
  });
});
