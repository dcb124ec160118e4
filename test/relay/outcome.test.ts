import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcomeOf, type RunResult } from '../../src/relay/outcome.ts';
import { pauseAfter } from '../../src/relay/backoff.ts';

const good: RunResult = {
  exitCode: 0,
  signal: undefined,
  spawnError: undefined,
  writeError: undefined,
  closeNotify: true,
  inputRead: true,
  stderr: '',
  hung: false,
};

test('delivered takes exit status 0, the close notify and no connection error together', () => {
  assert.deepEqual(outcomeOf(good), { kind: 'delivered' });
});

test('exit status 0 without the close notify is a failure', () => {
  assert.deepEqual(outcomeOf({ ...good, closeNotify: false }), {
    kind: 'failed',
    why: 'the connection was cut',
  });
});

test('a close notify is a failure if the input was not read to its end', () => {
  assert.equal(outcomeOf({ ...good, inputRead: false }).kind, 'failed');
});

test('a connection error is a failure even with a close notify', () => {
  const stderr = 'prelude-admin: connection error: Connection refused\n';
  assert.deepEqual(outcomeOf({ ...good, stderr }), {
    kind: 'failed',
    why: 'prelude-admin: connection error: Connection refused',
  });
});

test('a reason that is followed by advice is found', () => {
  const stderr = `Error starting prelude-client: TLS server certificate is NOT trusted.

In order to register this sensor, please run:
prelude-admin register secef "idmef:w" 192.0.2.1 --uid 0 --gid 0
`;
  assert.deepEqual(outcomeOf({ ...good, exitCode: 248, stderr }), {
    kind: 'failed',
    why: 'TLS server certificate is NOT trusted.',
  });
});

test('exit status 255 is a frame that cannot be decoded', () => {
  assert.deepEqual(outcomeOf({ ...good, exitCode: 255, stderr: 'a\nbad tag\n' }), {
    kind: 'undecodable',
    why: 'bad tag',
  });
});

test('exit status 255 with a connection error is a failure and blames no frame', () => {
  const result = { ...good, exitCode: 255, stderr: 'connection error: Broken pipe' };
  assert.equal(outcomeOf(result).kind, 'failed');
});

test('anything else is a failure', () => {
  for (const change of [
    { exitCode: 1 },
    { exitCode: 248, stderr: 'profile does not exist' },
    { exitCode: undefined },
    { exitCode: undefined, signal: 'SIGKILL' },
    { spawnError: 'ENOENT' },
    { hung: true },
  ])
    assert.equal(outcomeOf({ ...good, ...change }).kind, 'failed', JSON.stringify(change));
});

test('pauses grow from 1 s to 60 s and are not in step', () => {
  assert.equal(pauseAfter(1, 0), 1000);
  assert.equal(pauseAfter(3, 1), 4000);
  assert.equal(pauseAfter(3, 0), 2000);
  assert.equal(pauseAfter(7, 1), 60000);
  assert.equal(pauseAfter(1000, 1), 60000);
  assert.equal(pauseAfter(1000, 0), 30000);
});
