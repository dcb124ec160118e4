import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { postFile } from '../helpers/curl.ts';
import { corpus, corpusText, messageids } from '../helpers/documents.ts';
import { startWay } from '../helpers/setup.ts';

const { apache, gateway, manager } = await startWay({ after }, 'sys-corpus');
const documents = readdirSync(corpus('')).filter((name) => name.endsWith('.xml'));

for (const name of documents) {
  test(`${name} is answered 200 and all its messages arrive`, async () => {
    const sent = messageids(corpusText(name));
    assert.ok(sent.length > 0);
    const before = manager.received().length;

    const answer = await postFile(apache.url, corpus(name));
    assert.equal(answer.status, 200, answer.body);

    const received = await manager.waitForMessages(before + sent.length, 10_000);
    const arrived = received.slice(before).map(({ messageid }) => messageid);
    for (const id of sent.filter((id) => id !== '')) {
      const index = arrived.indexOf(id);
      assert.notEqual(index, -1, `${id} is not among ${arrived.join(' ')}`);
      arrived.splice(index, 1);
    }
    // Those that came without a messageid got one on the way.
    assert.equal(arrived.length, sent.filter((id) => id === '').length, arrived.join(' '));
  });
}

test('no message of the corpus arrives twice or stays behind', async () => {
  const sent = documents.flatMap((name) => messageids(corpusText(name)));
  await gateway.stop();
  gateway.assertQueueEmpty();
  assert.equal(manager.received().length, sent.length);
});
