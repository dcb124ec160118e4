/** The search for the frame that prelude-admin cannot decode, with programs in its place. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { disk } from '../../src/queue/files.ts';
import { Queue } from '../../src/queue/queue.ts';
import { share, type Source } from '../../src/queue/share.ts';
import type { Carried } from '../../src/relay/feed.ts';
import { findUndecodable, type UndecodableFrame } from '../../src/relay/undecodable.ts';
import { recordEvents } from '../queue/events.ts';
import { request } from '../queue/frames.ts';

/** cannot decode what holds "bad" */
const DECODER = '[ "$(grep -ac bad "$2")" -gt 0 ] && exit 255; exit 0';
/** one frame of `request` with 100 bytes */
const FRAME = 116;

let directory = '';
let queue: Queue;
let source: Source;

async function find(script: string): Promise<UndecodableFrame | undefined> {
  const program = join(directory, 'print');
  await writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
  const carried: Carried[] = source.segments.map((segment) => ({
    ...{ segment, from: 0, messagesBefore: 0 },
    ...{ length: segment.length, messages: segment.messages },
  }));
  return findUndecodable(program, source, carried);
}

suite('the frame that cannot be decoded', () => {
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'secef-undecodable-'));
    const options = { directory: join(directory, 'queue'), limit: 2 ** 30, disk };
    queue = await Queue.open({ ...options, events: recordEvents() });
    const [first] = share(queue, 1);
    assert.ok(first);
    source = first;
  });

  afterEach(async () => {
    await queue.close();
    await rm(directory, { recursive: true });
  });

  test('is found in a later segment, one after the other', async () => {
    await queue.append(request('a', [100, 100]), 2);
    await queue.seal();
    await queue.append(request('b', [100]), 1);
    await queue.append(
      Buffer.concat([request('c', [100]), request('bad', [100, 100]), request('d', [100])]),
      4,
    );
    for (const offset of [2 * FRAME, 3 * FRAME]) {
      const found = await find(DECODER);
      assert.deepEqual(found?.frame, { offset, length: FRAME });
      assert.equal(found.segment.path, queue.segments[1]?.path);
      await source.setAside(found.segment, found.frame, 'a test');
    }
    assert.equal(await find(DECODER), undefined);
  });

  test('is not blamed on a healthy one when prelude-admin is killed or fails', async () => {
    await queue.append(request('bad', [100]), 1);
    await assert.rejects(find('kill -9 $$'), /SIGKILL/);
    await assert.rejects(find('exit 1'), /exit status 1/);
    assert.equal(queue.messages, 1);
  });
});
