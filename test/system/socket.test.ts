import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { startApache } from '../helpers/apache.ts';
import { postText } from '../helpers/curl.ts';
import { alerts } from '../helpers/documents.ts';
import { Gateway } from '../helpers/gateway.ts';

test('a socket that a killed gateway left behind is taken over', async (t) => {
  const gateway = new Gateway(t, ['--dry-run']);
  const apache = await startApache(t, gateway.socket);
  await gateway.start();
  await gateway.kill();
  assert.equal(existsSync(gateway.socket), true);
  assert.equal((await postText(apache.url, alerts(['dead']))).status, 503);

  await gateway.start();
  assert.equal((await postText(apache.url, alerts(['alive']))).status, 200);
});

test('the socket of a living gateway is left to it', async (t) => {
  const first = new Gateway(t, ['--dry-run']);
  const apache = await startApache(t, first.socket);
  await first.start();

  const second = new Gateway(t, ['--dry-run'], first.socket);
  second.launch();
  const { code } = await second.exited();
  assert.notEqual(code, 0, second.describe());

  assert.equal((await postText(apache.url, alerts(['still-there']))).status, 200);
});

test('a file that is not a socket is not taken over', async (t) => {
  const gateway = new Gateway(t, ['--dry-run']);
  writeFileSync(gateway.socket, 'precious');
  gateway.launch();
  const { code } = await gateway.exited();
  assert.notEqual(code, 0, gateway.describe());
  assert.equal(existsSync(gateway.socket), true);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`no socket is left behind after ${signal}`, async (t) => {
    const gateway = new Gateway(t, ['--dry-run']);
    await gateway.start();
    assert.equal(existsSync(gateway.socket), true);
    gateway.signal(signal);
    assert.deepEqual(await gateway.exited(), { code: 0, signal: null }, gateway.describe());
    assert.equal(existsSync(gateway.socket), false);
  });
}

test('SIGTERM at the very moment when it says that it listens ends it in good order', async (t) => {
  for (let attempt = 0; attempt < 8; attempt++) {
    const gateway = new Gateway(t, ['--dry-run']);
    gateway.launch();
    gateway.onEvent('listening', () => {
      gateway.signal('SIGTERM');
    });
    assert.deepEqual(await gateway.exited(), { code: 0, signal: null }, gateway.describe());
    assert.equal(existsSync(gateway.socket), false);
  }
});
