import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../src/relay/address.ts';
import { GroupSession } from '../../src/relay/group.ts';
import type { Session } from '../../src/relay/feed.ts';
import { outcomeOf, type RunResult } from '../../src/relay/outcome.ts';

test('reads alternatives and groups as libprelude writes them', () => {
  assert.deepEqual(parseAddress('siem'), [['siem']]);
  assert.deepEqual(parseAddress('a:4690 || b && [::1]:4690'), [['a:4690'], ['b', '[::1]:4690']]);
  assert.deepEqual(parseAddress('a||b'), [['a'], ['b']]);
});

test('refuses an address in which a host is missing', () => {
  for (const address of ['', 'a ||', '&& b', 'a | b', 'a b'])
    assert.throws(() => parseAddress(address), /is not an address of a manager/, address);
});

const DELIVERED: RunResult = {
  exitCode: 0,
  signal: undefined,
  spawnError: undefined,
  writeError: undefined,
  inputRead: true,
  closeNotify: true,
  stderr: '',
  hung: false,
};

function session(result: RunResult, received: Buffer[] = []): Session {
  return {
    connected: true,
    ended: false,
    result: Promise.resolve(result),
    write: (bytes) => {
      received.push(bytes);
      return Promise.resolve();
    },
    finish: () => Promise.resolve(result),
    stop: () => undefined,
  };
}

test('all managers of a group get everything', async () => {
  const [a, b]: [Buffer[], Buffer[]] = [[], []];
  const group = new GroupSession([session(DELIVERED, a), session(DELIVERED, b)]);
  await group.write(Buffer.from('x'));
  assert.equal(outcomeOf(await group.finish()).kind, 'delivered');
  assert.deepEqual([a.length, b.length], [1, 1]);
});

test('a group has delivered only if all its managers have acknowledged', async () => {
  const cut = { ...DELIVERED, closeNotify: false };
  for (const results of [
    [DELIVERED, cut],
    [cut, DELIVERED],
  ]) {
    const group = new GroupSession(results.map((result) => session(result)));
    assert.equal(outcomeOf(await group.finish()).kind, 'failed');
  }
});

test('a group that cannot be started as a whole ends the sessions that were started', async () => {
  let stopped = 0;
  const started = { ...session(DELIVERED), stop: () => stopped++ };
  await assert.rejects(
    GroupSession.start([
      () => Promise.resolve(started),
      () => Promise.reject(new Error('no process left')),
    ]),
    /no process left/,
  );
  assert.equal(stopped, 1);
});
