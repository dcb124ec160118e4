import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { postFile } from '../helpers/curl.ts';
import { corpus } from '../helpers/documents.ts';
import { startWay } from '../helpers/setup.ts';

const { apache, gateway, manager } = await startWay({ after }, 'sys-delivery');
const alert = corpus('real-secef-whoami.xml');

async function assertArrives(stripped: boolean): Promise<void> {
  const before = manager.received().length;
  const answer = await postFile(apache.url, alert, { stripped });
  assert.equal(answer.status, 200, answer.body);
  assert.match(answer.body, /^OK/);

  const received = (await manager.waitForMessages(before + 1, 10_000)).slice(before);
  assert.deepEqual(
    received.map(({ kind, messageid }) => ({ kind, messageid })),
    [{ kind: 'Alert', messageid: '6567fa23-a5f6-4d7b-a202-5003b6fd8c15' }],
  );
  const xml = received[0]?.xml ?? '';
  assert.equal(xml.match(/<AdditionalData /g)?.length, 15);
  assert.match(xml, /<Classification text="Who am I \?"/);
  assert.match(xml, /meaning="rule_name"><string>Whoami Execution</);
  assert.match(xml, /<string>{"agentid"=&gt;"7808295f-[^<]*"ipaddress"=&gt;"92.222.9.62"}</);
}

test('a posted alert arrives at the manager with its 15 AdditionalData', async () => {
  await assertArrives(false);
});

test('a document without its line breaks, as curl -d sends it, arrives just the same', async () => {
  await assertArrives(true);
});

test('a message is in the manager at once, not only when its session ends', async () => {
  const before = manager.received().length;
  await postFile(apache.url, alert);
  await manager.waitForMessages(before + 1, 2000);
});

test('the queue is empty once the gateway has ended after everything was delivered', async () => {
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null });
  gateway.assertQueueEmpty();
});

test('the gateway tells the manager with Heartbeats that it starts and that it ends', async () => {
  await gateway.stop();
  const statuses = manager
    .heartbeats()
    .map(({ xml }) => /meaning="Analyzer status"><string>(\w+)</.exec(xml)?.[1]);
  assert.deepEqual(statuses.sort(), ['exiting', 'starting']);
});
