import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApache } from '../helpers/apache.ts';
import { postText } from '../helpers/curl.ts';
import { alerts } from '../helpers/documents.ts';
import { Gateway } from '../helpers/gateway.ts';
import { until } from '../helpers/until.ts';

for (const option of ['--dry-run', '-n']) {
  test(`${option} --debug logs the messages, needs no Prelude and queues nothing`, async (t) => {
    const gateway = new Gateway(t, [option, '--debug', '--profile', 'sys-no-such-profile']);
    await gateway.start();
    const apache = await startApache(t, gateway.socket);

    const answer = await postText(apache.url, alerts(['dry-1', 'dry-2'], 'not forwarded'));
    assert.equal(answer.status, 200, answer.body);
    assert.match(answer.body, /^OK/);

    for (const id of ['dry-1', 'dry-2']) await untilLogged(gateway, id, 'not forwarded');
    gateway.assertQueueEmpty();
    assert.deepEqual(await gateway.stop(), { code: 0, signal: null });
    gateway.assertQueueEmpty();
  });
}

test('--dry-run refuses what is malformed just as well', async (t) => {
  const gateway = new Gateway(t, ['--dry-run']);
  await gateway.start();
  const apache = await startApache(t, gateway.socket);
  assert.equal((await postText(apache.url, '<IDMEF-Message>')).status, 400);
});

async function untilLogged(gateway: Gateway, ...texts: string[]): Promise<void> {
  const isThere = (): boolean =>
    gateway.log().some((line) => texts.every((text) => JSON.stringify(line).includes(text)));
  await until(isThere, 5000, () => `${texts.join(' and ')} in the log of ${gateway.describe()}`);
}
