import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { Reader } from '../../src/idmef/read.ts';
import { FrameWriter, HEADER_SIZE } from '../../src/prelude/frame.ts';
import { segmentName, splitRequests, stampRequest } from '../../src/queue/segment.ts';
import { alerts } from '../helpers/documents.ts';
import { Gateway } from '../helpers/gateway.ts';
import { startManager } from '../helpers/manager.ts';
import { inProject } from '../helpers/root.ts';
import { run, type RunResult } from '../helpers/run.ts';
import { until } from '../helpers/until.ts';

/** no field of libprelude's IDMEF has this tag */
const UNKNOWN_TAG = 200;
const PATIENCE = 20_000;

const manager = await startManager({ after }, 'sys-undecodable');

/** Frames as the gateway makes them, one for each messageid. */
function framesOf(ids: string[]): Buffer[] {
  const writer = new FrameWriter(new Uint8Array());
  const reader = new Reader(
    {
      message: (message) => {
        writer.write(message);
      },
    },
    undefined,
  );
  reader.write(Buffer.from(alerts(ids)));
  reader.end();
  const all = writer.finish();
  stampRequest(all);
  return splitRequests(all).flat();
}

/** One request; the frames of the messageids that begin with `bad` are of no use to libprelude. */
function requestWith(ids: string[]): Buffer {
  const frames = framesOf(ids).map((frame, index) => {
    if (ids[index]?.startsWith('bad') !== true) return frame;
    const spoilt = Buffer.from(frame);
    spoilt[HEADER_SIZE] = UNKNOWN_TAG;
    return spoilt;
  });
  const request = Buffer.concat(frames);
  stampRequest(request);
  return request;
}

/** A gateway that finds a segment with these requests when it is started. */
function gatewayWith(t: TestContext, ...requests: string[][]): Gateway {
  const gateway = new Gateway(t, [
    ...['--profile', manager.profile, '--manager', manager.address],
    ...['--heartbeat', '0'],
  ]);
  mkdirSync(gateway.queue, { mode: 0o700 });
  const segment = Buffer.concat(requests.map(requestWith));
  writeFileSync(join(gateway.queue, segmentName(1)), segment, { mode: 0o600 });
  return gateway;
}

function rejected(gateway: Gateway): string[] {
  const folder = join(gateway.queue, 'rejected');
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.idmef')) : [];
}

function rejectedBytes(gateway: Gateway): string {
  return rejected(gateway)
    .map((name) => readFileSync(join(gateway.queue, 'rejected', name), 'latin1'))
    .join('');
}

function queue(gateway: Gateway, ...args: string[]): Promise<RunResult> {
  const main = inProject('build/src/main.js');
  return run(process.execPath, [main, 'queue', ...args, '--queue', gateway.queue]);
}

/** The name of the only one that was rejected. */
async function rejectedName(gateway: Gateway): Promise<string> {
  await gateway.waitForEvent('rejected');
  const [file = '', ...more] = rejected(gateway);
  assert.deepEqual(more, []);
  return file.replace(/\.idmef$/, '');
}

/** Stops it; of the test's own messages nothing may wait any more. */
async function assertDelivered(gateway: Gateway): Promise<void> {
  await gateway.stop();
  for (const name of gateway.segments())
    assert.doesNotMatch(
      readFileSync(join(gateway.queue, name), 'latin1'),
      /system test/,
      gateway.describe(),
    );
}

test('the second of three messages cannot be decoded: the others arrive, it is kept and logged', async (t) => {
  const gateway = gatewayWith(t, ['one', 'bad-two', 'three']);
  await gateway.start();
  const line = await gateway.waitForEvent('rejected');
  await manager.waitForIds(['one', 'three'], PATIENCE);
  assert.ok(JSON.stringify(line).includes(await rejectedName(gateway)), JSON.stringify(line));
  assert.match(rejectedBytes(gateway), /bad-two/);
  await assertDelivered(gateway);
});

test('all that cannot be decoded is kept, in the same request, one behind the other, and in the next', async (t) => {
  const ids = ['bad-a', 'bad-b', 'good-c', 'bad-d', 'bad-e'];
  const gateway = gatewayWith(t, ids, ['good-f'], ['bad-g']);
  await gateway.start();
  await manager.waitForIds(['good-c', 'good-f'], PATIENCE);
  const bad = ['bad-a', 'bad-b', 'bad-d', 'bad-e', 'bad-g'];
  const events = (): number => gateway.log().filter(({ event }) => event === 'rejected').length;
  await until(
    () => events() === bad.length,
    PATIENCE,
    () => gateway.describe(),
  );
  assert.deepEqual(
    bad.filter((id) => !rejectedBytes(gateway).includes(id)),
    [],
    `only ${rejected(gateway).join(' ')}`,
  );
  await assertDelivered(gateway);
});

test('what was rejected is not overwritten by what is rejected after the queue was empty', async (t) => {
  const gateway = gatewayWith(t, ['bad-1']);
  await gateway.start();
  await rejectedName(gateway);
  await assertDelivered(gateway);
  writeFileSync(join(gateway.queue, segmentName(1)), requestWith(['bad-2']), { mode: 0o600 });
  await gateway.start();
  await gateway.waitForEvent('rejected');
  await gateway.stop();
  assert.match(rejectedBytes(gateway), /bad-1/);
  assert.match(rejectedBytes(gateway), /bad-2/);
});

test('secef queue list, show and drop tell of what was rejected, and delete it', async (t) => {
  const gateway = gatewayWith(t, ['listed', 'bad-listed']);
  await gateway.start();
  const name = await rejectedName(gateway);
  await gateway.stop();

  const list = await queue(gateway, 'list');
  assert.equal(list.code, 0, list.stderr);
  assert.match(
    list.stdout,
    new RegExp(`^rejected\t${name}\t1 messages\t\\d+ bytes\tsince .*\t.`, 'm'),
  );
  const show = await queue(gateway, 'show', name);
  assert.match(show.stdout + show.stderr, /./);

  assert.equal((await queue(gateway, 'drop', 'no-such-name')).code, 1);
  const drop = await queue(gateway, 'drop', name);
  assert.equal(drop.code, 0, drop.stderr);
  assert.deepEqual(readdirSync(join(gateway.queue, 'rejected')), []);
  assert.match((await queue(gateway, 'list')).stdout, /nothing waits and nothing was rejected/);
  assert.equal((await queue(gateway, 'drop', name)).code, 1);
});

test('secef queue list and show tell of what waits', async (t) => {
  const gateway = gatewayWith(t, ['waiting-1', 'waiting-2']);
  const name = segmentName(1).replace(/\.idmef$/, '');
  const list = await queue(gateway, 'list');
  assert.match(list.stdout, new RegExp(`^waiting\t${name}\t2 messages\t\\d+ bytes\tsince `));
  const show = await queue(gateway, 'show', name);
  assert.match(show.stdout, /waiting-1[^]*waiting-2/);
});

test('what was rejected is delivered after secef queue retry, if it can be decoded by then', async (t) => {
  const gateway = gatewayWith(t, ['bad-mended']);
  await gateway.start();
  const name = await rejectedName(gateway);
  // as if a newer prelude-admin knew the tag
  const path = join(gateway.queue, 'rejected', `${name}.idmef`);
  writeFileSync(path, requestWith(['mended']));
  const retry = await queue(gateway, 'retry', name);
  assert.equal(retry.code, 0, retry.stderr);
  await gateway.waitForEvent('retried');
  await manager.waitForIds(['mended'], PATIENCE);
  assert.deepEqual(readdirSync(join(gateway.queue, 'rejected')), []);
  await assertDelivered(gateway);
});

test('what still cannot be decoded after secef queue retry is rejected again, and stops nothing', async (t) => {
  const gateway = gatewayWith(t, ['bad-for-ever']);
  await gateway.start();
  const name = await rejectedName(gateway);
  await gateway.stop();
  assert.equal((await queue(gateway, 'retry', name)).code, 0);
  assert.match((await queue(gateway, 'list')).stdout, /^retry\t/m);
  // the gateway takes it after its start
  await gateway.start();
  await gateway.waitForEvent('retried');
  await gateway.waitForEvent('rejected');
  assert.match(rejectedBytes(gateway), /bad-for-ever/);
  await assertDelivered(gateway);
});
