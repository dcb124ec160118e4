import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { alerts, corpus } from '../helpers/documents.ts';
import { names, postAll } from '../helpers/load.ts';
import { mustRun } from '../helpers/run.ts';
import { startWay } from '../helpers/setup.ts';
import { tool } from '../helpers/tools.ts';

const { apache, gateway, manager } = await startWay({ after }, 'sys-connections');

/** Sends the beginning of a request and goes away. */
async function disconnectAfter(start: string): Promise<void> {
  const socket = connect(apache.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/xml\r\n${start}`);
  // Long enough for what has been sent to reach the gateway.
  await sleep(300);
  socket.destroy();
  await once(socket, 'close');
}

test('two requests on one kept-alive connection are both answered', async () => {
  const request = ['--header', 'Content-Type: text/xml', apache.url, '--output', '/dev/null'];
  const document = ['--data-binary', `@${corpus('one-line.xml')}`];
  const format = ['--write-out', '%{http_code} %{num_connects}\n'];
  const one = ['--silent', ...document, ...format, ...request];
  const before = manager.received().length;
  const output = await mustRun(tool('curl', 'curl'), [...one, '--next', ...one]);
  assert.equal(output, '200 1\n200 0\n');
  await manager.waitForMessages(before + 2, 10_000);
});

test('clients that disconnect in mid-body leave nothing behind and do not harm others', async () => {
  const cut = alerts(['cut']);
  const half = cut.slice(0, cut.length / 2);
  const hex = cut.length.toString(16);
  const [accepted] = await Promise.all([
    postAll(apache.url, names('neighbour', 40)),
    disconnectAfter(`Content-Length: ${cut.length}\r\n\r\n${half}`),
    // All of the document has come, but not all that was announced.
    disconnectAfter(`Content-Length: ${cut.length + 1}\r\n\r\n${cut}`),
    disconnectAfter(`Transfer-Encoding: chunked\r\n\r\n${hex}\r\n${half}`),
    disconnectAfter(`Transfer-Encoding: chunked\r\n\r\n${hex}\r\n${cut}\r\n`),
  ]);
  assert.equal(accepted.length, 40);
  await manager.waitForIds(accepted, 10_000);

  assert.equal((await postAll(apache.url, ['afterwards'])).length, 1);
  await manager.waitForIds(['afterwards'], 10_000);
  await gateway.stop();
  gateway.assertQueueEmpty();
  assert.equal(
    manager.received().some(({ messageid }) => messageid === 'cut'),
    false,
  );
});
