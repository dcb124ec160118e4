/** Damaged, lost, and foreign files in the queue: whatever is intact is delivered, and nothing is destroyed. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { alerts } from '../helpers/documents.ts';
import { Gateway } from '../helpers/gateway.ts';
import { startManager } from '../helpers/manager.ts';
import { inProject } from '../helpers/root.ts';
import { run } from '../helpers/run.ts';
import { requestOf } from '../helpers/requests.ts';

const DELIVERY_MS = 20_000;
const SEGMENTS = 3;
const REQUESTS = 5;
const MESSAGES = 2;

const manager = await startManager({ after }, 'sys-corruption');

/** The segments of a queue, as an earlier run left them. */
interface Stored {
  readonly gateway: Gateway;
  readonly folder: string;
  /** messageids by segment and request */
  readonly ids: readonly (readonly (readonly string[])[])[];
  /** bytes of each request */
  readonly size: number;
}

let tests = 0;

function store(t: TestContext): Stored {
  const gateway = new Gateway(t, [
    ...['--profile', manager.profile, '--manager', manager.address],
    ...['--heartbeat', '0'],
  ]);
  mkdirSync(gateway.queue, { mode: 0o700 });
  const run = String(++tests).padStart(2, '0');
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
  const ids = numbers(SEGMENTS).map((segment) =>
    numbers(REQUESTS).map((request) =>
      numbers(MESSAGES).map((message) => `corruption-${run}-${segment}-${request}-${message}`),
    ),
  );
  let size = 0;
  ids.forEach((requests, index) => {
    const bytes = requests.map((names) => requestOf(alerts(names)));
    size = bytes[0]?.length ?? 0;
    writeFileSync(join(gateway.queue, nameOf(index + 1)), Buffer.concat(bytes), { mode: 0o600 });
  });
  return { gateway, folder: gateway.queue, ids, size };
}

function nameOf(number: number): string {
  return `${String(number).padStart(16, '0')}.idmef`;
}

function pathOf({ folder }: Stored, number: number): string {
  return join(folder, nameOf(number));
}

/** Flips one bit. */
function flip(path: string, offset: number, bit = 0x40): void {
  const bytes = readFileSync(path);
  bytes[offset] = (bytes[offset] ?? 0) ^ bit;
  writeFileSync(path, bytes);
}

/** The ids of all requests but these: `segment.request`, both counted from 1. */
function allBut({ ids }: Stored, ...missing: string[]): string[] {
  return ids.flatMap((requests, segment) =>
    requests.flatMap((names, request) =>
      missing.includes(`${segment + 1}.${request + 1}`) ? [] : names,
    ),
  );
}

/** What is kept for the operator, as text. */
function kept({ folder }: Stored): string {
  const rejected = join(folder, 'rejected');
  if (!existsSync(rejected)) return '';
  return readdirSync(rejected)
    .filter((name) => name.endsWith('.idmef'))
    .map((name) => readFileSync(join(rejected, name), 'latin1'))
    .join('\n');
}

/** Starts it; waits for the messages, and that the log says how many were delivered. */
async function assertDelivers(stored: Stored, ids: string[]): Promise<void> {
  await stored.gateway.start();
  await manager.waitForIds(ids, DELIVERY_MS);
  assert.deepEqual(await stored.gateway.stop(), { code: 0, signal: null });
  const delivered = stored.gateway
    .log()
    .filter(({ event }) => event === 'delivered')
    .reduce((sum, line) => sum + Number(line['messages']), 0);
  assert.equal(delivered, ids.length, stored.gateway.describe());
}

function events({ gateway }: Stored, event: string): string {
  return gateway
    .log()
    .filter((line) => line['event'] === event)
    .map((line) => JSON.stringify(line))
    .join('\n');
}

const DAMAGE: readonly [string, (size: number) => number][] = [
  ['the first header', () => 5],
  ['the first body', () => 60],
  ['a header in the middle', (size) => 2 * size + 5],
  ['a body in the middle', (size) => 2 * size + 60],
  ['the last header', (size) => (REQUESTS - 1) * size + 5],
  ['the last body', (size) => REQUESTS * size - 20],
];

for (const [place, offset] of DAMAGE)
  test(`a bit that is flipped in ${place} of a segment costs one request, which is kept`, async (t) => {
    const stored = store(t);
    const at = offset(stored.size);
    flip(pathOf(stored, 2), at);
    const request = Math.floor(at / stored.size) + 1;
    await assertDelivers(stored, allBut(stored, `2.${request}`));
    assert.match(events(stored, 'damaged'), /./, stored.gateway.describe());
    assert.equal(events(stored, 'torn'), '');
    const text = kept(stored);
    for (const id of stored.ids[1]?.[request - 1] ?? []) assert.ok(text.includes(id), id);
  });

test('two damaged requests with intact ones between them cost two', async (t) => {
  const stored = store(t);
  flip(pathOf(stored, 2), 5);
  flip(pathOf(stored, 2), 3 * stored.size + 5);
  await assertDelivers(stored, allBut(stored, '2.1', '2.4'));
  assert.ok(kept(stored).includes(stored.ids[1]?.[3]?.[0] ?? '?'));
});

test('the end of an older segment that is missing is damage, and what there is of it is kept', async (t) => {
  const stored = store(t);
  truncateSync(pathOf(stored, 2), REQUESTS * stored.size - 100);
  await assertDelivers(stored, allBut(stored, '2.5'));
  assert.match(events(stored, 'damaged'), /./);
  assert.ok(kept(stored).includes(stored.ids[1]?.[4]?.[0] ?? '?'));
});

test('the torn end of the newest segment is kept, too: it may be damage', async (t) => {
  const stored = store(t);
  truncateSync(pathOf(stored, 3), REQUESTS * stored.size - 100);
  await assertDelivers(stored, allBut(stored, '3.5'));
  assert.match(events(stored, 'torn'), /./);
  assert.ok(kept(stored).includes(stored.ids[2]?.[4]?.[0] ?? '?'));
});

test('zeros at the end of a segment cost nothing', async (t) => {
  const stored = store(t);
  appendFileSync(pathOf(stored, 3), Buffer.alloc(100_000));
  await assertDelivers(stored, allBut(stored));
  assert.equal(kept(stored), '');
});

test('an empty segment and one that is missing are reported', async (t) => {
  const stored = store(t);
  truncateSync(pathOf(stored, 2), 0);
  const all = ['2.1', '2.2', '2.3', '2.4', '2.5'];
  await assertDelivers(stored, allBut(stored, ...all));
  assert.match(events(stored, 'damaged'), new RegExp(nameOf(2)));
  const other = store(t);
  rmSync(pathOf(other, 2));
  await assertDelivers(other, allBut(other, ...all));
  assert.match(events(other, 'gap'), new RegExp(nameOf(3)));
});

test('folders, links, FIFOs and foreign files with the names of segments stop nothing', async (t) => {
  const stored = store(t);
  const { folder, gateway } = stored;
  const foreign = join(folder, '..', 'foreign');
  writeFileSync(foreign, 'a foreign file\n');
  mkdirSync(pathOf(stored, 4));
  symlinkSync(foreign, pathOf(stored, 5));
  symlinkSync('/nonexistent', pathOf(stored, 6));
  await run('mkfifo', [pathOf(stored, 7)]);
  writeFileSync(pathOf(stored, 8), 'a text file\n');
  writeFileSync(join(folder, `${'9'.repeat(16)}.idmef`), requestOf(alerts(['high-number'])));
  mkdirSync(join(folder, 'lock'));
  const list = await run(
    process.execPath,
    [inProject('build/src/main.js'), 'queue', 'list', '--queue', folder],
    { timeoutMs: DELIVERY_MS },
  );
  assert.match(list.stdout, /waiting\t0000000000000001\t10 messages/);
  await assertDelivers(stored, [...allBut(stored), 'high-number']);
  for (const number of [4, 5, 6, 7])
    assert.match(events(stored, 'unreadable'), new RegExp(nameOf(number)), gateway.describe());
  assert.equal(readFileSync(foreign, 'utf8'), 'a foreign file\n');
  assert.ok(kept(stored).includes('a text file'));
});

test('a segment that cannot be read stops nothing, and waits', async (t) => {
  const stored = store(t);
  // root reads whatever the rights are; a link to itself gives an error to root, too
  rmSync(pathOf(stored, 2));
  symlinkSync(nameOf(2), pathOf(stored, 2));
  await assertDelivers(stored, allBut(stored, ...['2.1', '2.2', '2.3', '2.4', '2.5']));
  assert.match(events(stored, 'unreadable'), new RegExp(nameOf(2)));
});

test('what writes that were not finished have left is removed', async (t) => {
  const stored = store(t);
  mkdirSync(join(stored.folder, 'rejected'));
  const left = [`${nameOf(1)}.tmp`, `${nameOf(1)}.part`, 'session-0-0.fifo', 'probe.tmp'];
  for (const name of left) writeFileSync(join(stored.folder, name), 'left');
  writeFileSync(join(stored.folder, 'rejected', 'a.idmef.tmp'), 'left');
  await assertDelivers(stored, allBut(stored));
  assert.deepEqual(
    readdirSync(stored.folder).filter((name) => left.includes(name)),
    [],
  );
  assert.deepEqual(readdirSync(join(stored.folder, 'rejected')), []);
});

test('a torn file in retry/ goes back to rejected/ and costs nothing else', async (t) => {
  const stored = store(t);
  const retry = join(stored.folder, 'retry');
  mkdirSync(retry);
  const whole = requestOf(alerts(['retry-whole']));
  writeFileSync(join(retry, 'whole.idmef'), whole);
  const torn = Buffer.concat([whole, requestOf(alerts(['retry-torn'])).subarray(0, -50)]);
  writeFileSync(join(retry, 'torn.idmef'), torn);
  await stored.gateway.start();
  const line = await stored.gateway.waitForEvent('retry-refused');
  assert.equal(line['file'], 'torn.idmef');
  await manager.waitForIds([...allBut(stored), 'retry-whole'], DELIVERY_MS);
  await stored.gateway.stop();
  assert.ok(readFileSync(join(stored.folder, 'rejected', 'torn.idmef')).equals(torn));
  assert.deepEqual(readdirSync(retry), []);
});

/** Starts a gateway that has a queue and no manager, changes the files, and starts the manager. */
async function whileRunning(t: TestContext, change: (stored: Stored) => void): Promise<Stored> {
  const stored = store(t);
  await manager.stop();
  await stored.gateway.start();
  await stored.gateway.waitForEvent('not-delivered');
  change(stored);
  await manager.start();
  return stored;
}

test('a bit that is flipped while the gateway runs costs one request, and the log counts what was sent', async (t) => {
  const stored = await whileRunning(t, (running) => {
    flip(pathOf(running, 2), 5);
    flip(pathOf(running, 3), 2 * running.size + 60);
  });
  await manager.waitForIds(allBut(stored, '2.1', '3.3'), 2 * DELIVERY_MS);
  await stored.gateway.stop();
  const delivered = stored.gateway.log().filter(({ event }) => event === 'delivered');
  assert.equal(
    delivered.reduce((sum, line) => sum + Number(line['messages']), 0),
    (SEGMENTS * REQUESTS - 2) * MESSAGES,
  );
  assert.match(events(stored, 'damaged'), /./);
  for (const id of [...(stored.ids[1]?.[0] ?? []), ...(stored.ids[2]?.[2] ?? [])])
    assert.ok(kept(stored).includes(id), id);
  stored.gateway.assertQueueEmpty();
});

test('segments that are cut, deleted or replaced while the gateway runs stop nothing', async (t) => {
  const stored = await whileRunning(t, (running) => {
    truncateSync(pathOf(running, 1), 2 * running.size + 10);
    rmSync(pathOf(running, 2));
    const third = pathOf(running, 3);
    copyFileSync(third, `${third}.copy`);
    rmSync(third);
    mkdirSync(third);
  });
  await manager.waitForIds(
    [...(stored.ids[0]?.[0] ?? []), ...(stored.ids[0]?.[1] ?? [])],
    2 * DELIVERY_MS,
  );
  await stored.gateway.stop();
  assert.match(events(stored, 'unreadable'), new RegExp(nameOf(2)));
  assert.match(events(stored, 'unreadable'), new RegExp(nameOf(3)));
  assert.match(events(stored, 'damaged'), new RegExp(nameOf(1)));
  assert.ok(statSync(pathOf(stored, 3)).isDirectory());
});

test('two gateways cannot have one queue, whatever is deleted in it', async (t) => {
  const { gateway, folder } = store(t);
  await gateway.start();
  rmSync(join(folder, 'lock'), { force: true });
  const second = await run(process.execPath, [
    inProject('build/src/main.js'),
    ...['--profile', manager.profile, '--manager', manager.address],
    ...['--queue', folder, '--sock', join(folder, 'second.sock')],
  ]);
  assert.equal(second.code, 78, second.stdout);
  assert.match(second.stderr, /belongs to a gateway that is running/);
});
