import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { beforeEach, afterEach, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../../src/errors.ts';
import { Look } from '../../src/queue/look.ts';
import { disk, type Disk } from '../../src/queue/files.ts';
import { Queue } from '../../src/queue/queue.ts';
import { takeRetries } from '../../src/queue/retries.ts';
import { splitRequests } from '../../src/queue/segment.ts';
import { share } from '../../src/queue/share.ts';
import { recordEvents, type Recorded } from './events.ts';
import { frameNames, request } from './frames.ts';

let directory = '';
const opened: Queue[] = [];

async function open(changes: { limit?: number; disk?: Disk } = {}): Promise<Queue> {
  const queue = await Queue.open({
    directory: join(directory, 'queue'),
    limit: 2 ** 30,
    disk,
    events: recordEvents(),
    ...changes,
  });
  opened.push(queue);
  return queue;
}

/** The names of all frames that a relay would get. */
async function namesIn(queue: Queue): Promise<string[]> {
  const all = [];
  for (const segment of queue.segments) {
    const reader = queue.read(segment, 0);
    for (let piece; (piece = await reader.next(1000)) !== undefined;)
      all.push(...frameNames(piece.bytes));
    await reader.close();
  }
  return all;
}

function lookAt(queue: Queue): Look {
  return new Look({ queue, sources: share(queue, 1), disk, directory: join(directory, 'queue') });
}

async function rejectedNames(): Promise<string[]> {
  const names = await readdir(join(directory, 'queue', 'rejected')).catch(() => []);
  return names.filter((name) => name.endsWith('.idmef')).sort();
}

const codeIs =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof GatewayError && error.code === code;

suite('queue', () => {
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'secef-queue-'));
  });

  afterEach(async () => {
    for (const queue of opened.splice(0)) await queue.close();
    await rm(directory, { recursive: true });
  });

  test('makes a directory of mode 0700 and segments of mode 0600', async () => {
    const queue = await open();
    await queue.append(request('a', [100]), 1);
    const [segment] = queue.segments;
    assert.ok(segment);
    assert.equal((await stat(join(directory, 'queue'))).mode & 0o777, 0o700);
    assert.equal((await stat(segment.path)).mode & 0o777, 0o600);
  });

  test('one fdatasync serves all requests that wait at that moment', async () => {
    let syncs = 0;
    const counting: Disk = {
      ...disk,
      create: async (path) => {
        const file = await disk.create(path);
        return {
          append: (buffers) => file.append(buffers),
          sync: () => {
            syncs++;
            return file.sync();
          },
          truncate: (length) => file.truncate(length),
          close: () => file.close(),
        };
      },
    };
    const queue = await open({ disk: counting });
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => queue.append(request(`r${i}`, [50]), 1)),
    );
    assert.equal((await namesIn(queue)).length, 50);
    assert.ok(syncs <= 2, `${syncs} syncs`);
  });

  test('refuses what goes beyond the limit, keeps what it has, and takes more when it is delivered', async () => {
    const queue = await open({ limit: 1000 });
    await queue.append(request('a', [400]), 1);
    await assert.rejects(queue.append(request('b', [800]), 1), codeIs('queue-full'));
    assert.deepEqual(await namesIn(queue), ['a/0']);
    await queue.acknowledge(
      queue.segments.map((segment) => ({ segment, length: segment.length, messages: 1 })),
    );
    await queue.append(request('b', [800]), 1);
    assert.deepEqual(await namesIn(queue), ['b/0']);
  });

  test('counts what is being written towards the limit', async () => {
    const queue = await open({ limit: 1000 });
    const results = await Promise.allSettled([
      queue.append(request('a', [600]), 1),
      queue.append(request('b', [600]), 1),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
  });

  test('goes on in a new segment when one is full', async () => {
    const queue = await open();
    for (let i = 0; i < 3; i++) await queue.append(request(`r${i}`, [5 * 1024 * 1024]), 1);
    assert.deepEqual(
      queue.segments.map(({ sealed }) => sealed),
      [true, false],
    );
  });

  test('finds what was queued when it is opened again', async () => {
    const queue = await open();
    await queue.append(request('a', [100, 100]), 2);
    await queue.append(request('b', [100]), 1);
    await queue.close();
    const again = await open();
    assert.deepEqual(await namesIn(again), ['a/0', 'a/1', 'b/0']);
    assert.equal(again.messages, 3);
    await again.append(request('c', [100]), 1);
    assert.deepEqual(await namesIn(again), ['a/0', 'a/1', 'b/0', 'c/0']);
  });

  test('knows how old the oldest message is, also after a restart and when one was taken out', async () => {
    const queue = await open();
    const before = Date.now();
    await queue.append(request('a', [100, 100]), 2);
    const written = Date.now();
    await sleep(50);
    await queue.append(request('b', [100]), 1);
    await queue.seal();
    await queue.append(request('c', [100]), 1);
    const isRight = async (of: Queue): Promise<void> => {
      const { oldestAt = NaN } = await lookAt(of).figures();
      // the times of files come from a clock of the kernel that ticks every few milliseconds
      assert.ok(oldestAt > before - 20 && oldestAt <= written, `${before} ${oldestAt} ${written}`);
    };
    await isRight(queue);
    const [segment] = queue.segments;
    assert.ok(segment);
    await queue.setAside(segment, { offset: 116, length: 116 }, 'a test');
    await isRight(queue);
    await queue.close();
    const again = await open();
    // what was taken out is only remembered: it is found again
    assert.deepEqual(await namesIn(again), ['a/0', 'a/1', 'b/0', 'c/0']);
    await isRight(again);
    const figures = await lookAt(again).figures();
    assert.deepEqual([figures.messages, figures.rejected], [4, 1]);
  });

  test('cuts off a torn request, with whole frames in it, and says how much', async () => {
    const queue = await open();
    await queue.append(request('a', [100]), 1);
    await queue.append(request('b', [100, 100, 100]), 3);
    const [segment] = queue.segments;
    assert.ok(segment);
    await queue.close();
    const bytes = await readFile(segment.path);
    // the first frame of b is whole, the second is not
    await writeFile(segment.path, bytes.subarray(0, 2 * 116 + 50));
    const events: Recorded[] = [];
    const again = await Queue.open({
      directory: join(directory, 'queue'),
      limit: 2 ** 30,
      disk,
      events: recordEvents(events),
    });
    opened.push(again);
    assert.deepEqual(await namesIn(again), ['a/0']);
    assert.equal((await stat(segment.path)).size, 116);
    const kept = `${basename(segment.path, '.idmef')}-116-`;
    assert.match(JSON.stringify(events), new RegExp(`torn.*"bytes":166,"kept":"${kept}`));
    // it may have been damage to a request that was acknowledged
    const [name = ''] = (await rejectedNames()).filter((file) => file.startsWith(kept));
    assert.equal((await readFile(join(directory, 'queue', 'rejected', name))).length, 166);
  });

  test('belongs to one process, and to the next one after a kill', async () => {
    const queueDirectory = join(directory, 'queue');
    await mkdir(queueDirectory);
    const script = `
      const { lockDirectory } = await import(${JSON.stringify(new URL('../../src/queue/lock.js', import.meta.url).href)});
      lockDirectory(${JSON.stringify(queueDirectory)});
      console.log('locked');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await assert.rejects(open(), (error: unknown) => {
      assert.ok(codeIs('configuration')(error));
      assert.match(String(error), /belongs to a gateway that is running/);
      return true;
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await open();
  });

  test('takes one frame out of a segment and keeps it apart; the rest of its request stays', async () => {
    const queue = await open();
    await queue.append(request('a', [100, 100, 100]), 3);
    await queue.append(request('b', [100]), 1);
    await queue.seal();
    const [segment] = queue.segments;
    assert.ok(segment);
    const name = await queue.setAside(segment, { offset: 116, length: 116 }, 'no reader likes it');
    assert.deepEqual(await namesIn(queue), ['a/0', 'a/2', 'b/0']);
    assert.equal(queue.messages, 3);
    const rejected = join(directory, 'queue', 'rejected');
    assert.deepEqual(frameNames(await readFile(join(rejected, `${name}.idmef`))), ['a/1']);
    assert.equal(await readFile(join(rejected, `${name}.txt`), 'utf8'), 'no reader likes it\n');
  });

  test('takes back what is to be tried again', async () => {
    const queue = await open();
    await queue.append(request('a', [100]), 1);
    await queue.seal();
    const [segment] = queue.segments;
    assert.ok(segment);
    const name = await queue.setAside(segment, { offset: 0, length: 116 }, 'why');
    assert.deepEqual(await namesIn(queue), []);
    const retry = join(directory, 'queue', 'retry');
    await mkdir(retry);
    const take = (now = Date.now() + 10_000): Promise<number> =>
      takeRetries({
        queue,
        disk,
        ...{ directory: join(directory, 'queue') },
        events: recordEvents(),
        now: () => now,
      });
    assert.equal(await take(), 0);
    await rename(
      join(directory, 'queue', 'rejected', `${name}.idmef`),
      join(retry, `${name}.idmef`),
    );
    assert.equal(await take(Date.now()), 0, 'it may not be written to its end yet');
    assert.equal(await take(), 1);
    await queue.acknowledge(
      queue.segments.slice(0, 1).map((first) => ({ segment: first, length: 116, messages: 1 })),
    );
    assert.deepEqual(await namesIn(queue), ['a/0']);
    assert.deepEqual(await readdir(retry), []);
  });

  test('a failed write is no acknowledgement, and the segment is not used again', async () => {
    let failing = false;
    const failingDisk: Disk = {
      ...disk,
      create: async (path) => {
        const file = await disk.create(path);
        return {
          append: async (buffers) => {
            await file.append(buffers);
            if (failing) throw new Error('ENOSPC: no space left on device');
          },
          sync: () => file.sync(),
          truncate: (length) => file.truncate(length),
          close: () => file.close(),
        };
      },
    };
    const queue = await open({ disk: failingDisk });
    await queue.append(request('a', [100]), 1);
    failing = true;
    await assert.rejects(queue.append(request('b', [100]), 1), (error: unknown) => {
      assert.ok(codeIs('queue-failed')(error));
      assert.match(String(error), /no space left/);
      return true;
    });
    failing = false;
    await queue.append(request('c', [100]), 1);
    assert.deepEqual(await namesIn(queue), ['a/0', 'c/0']);
    assert.equal(queue.segments.length, 2);
    assert.equal((await stat(queue.segments[0]?.path ?? '')).size, 116);
  });

  test('says what is wrong with a directory that it cannot use', async () => {
    await writeFile(join(directory, 'queue'), 'a file');
    await assert.rejects(open(), (error: unknown) => {
      assert.ok(codeIs('configuration')(error));
      assert.match(String(error), /cannot use the queue directory .*queue/);
      return true;
    });
  });

  test('an error of the system at the start is no error of the configuration', async () => {
    const failing: Disk = {
      ...disk,
      list: () => Promise.reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })),
    };
    await assert.rejects(open({ disk: failing }), codeIs('system-error'));
    await open();
  });

  test('a flock that is killed is started again; one that fails is no error of the configuration', async (t) => {
    const { PATH: path = '' } = process.env;
    t.after(() => {
      process.env['PATH'] = path;
    });
    const queueDirectory = join(directory, 'queue');
    await mkdir(queueDirectory);
    const programs = join(directory, 'programs');
    await mkdir(programs);
    process.env['PATH'] = `${programs}:${path}`;
    const killedOnce = `[ -e "${programs}/killed" ] && PATH="${path}" exec flock "$@"; touch "${programs}/killed"; kill -9 $$`;
    await writeFile(join(programs, 'flock'), `#!/bin/sh\n${killedOnce}\n`, { mode: 0o700 });
    disk.lock(queueDirectory)();
    await writeFile(join(programs, 'flock'), '#!/bin/sh\nkill -9 $$\n', { mode: 0o700 });
    assert.throws(() => disk.lock(queueDirectory), codeIs('system-error'));
  });

  test('a segment is split into its requests', async () => {
    const queue = await open();
    await queue.append(request('a', [20, 20]), 2);
    await queue.append(request('b', [20]), 1);
    const bytes = await readFile(queue.segments[0]?.path ?? '');
    assert.deepEqual(
      splitRequests(bytes).map((frames) => frames.flatMap(frameNames)),
      [['a/0', 'a/1'], ['b/0']],
    );
  });
});
