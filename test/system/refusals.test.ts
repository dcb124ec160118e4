import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { curl, postFile, postText } from '../helpers/curl.ts';
import { alerts, corpus } from '../helpers/documents.ts';
import { startWay } from '../helpers/setup.ts';

const { apache, gateway, manager } = await startWay({ after }, 'sys-refusals');
const sound = alerts(['refused']);

for (const contentType of ['application/json', 'text/plain', 'application/xmlish', '']) {
  test(`content type '${contentType}' is answered 415 with those that are accepted`, async () => {
    const answer = await postText(apache.url, sound, { contentType });
    assert.equal(answer.status, 415, answer.body);
    assert.match(answer.body, /application\/xml/);
    assert.match(answer.body, /text\/xml/);
  });
}

test('malformed XML is answered 400 with line and column', async () => {
  const answer = await postText(apache.url, '<IDMEF-Message>\n<Alert>\n  <Source></Target>');
  assert.equal(answer.status, 400, answer.body);
  assert.match(answer.body, /line 3, column \d+: ./);
});

test('a document that is not IDMEF is answered 400 with line and column', async () => {
  const answer = await postFile(apache.url, corpus('bad/unknown-element-deep.xml'));
  assert.equal(answer.status, 400, answer.body);
  assert.match(answer.body, /line 3, column \d+: ./);
});

test('a document whose last message is bad is refused as a whole', async () => {
  const bad = alerts(['good', 'bad']).replace(
    '</IDMEF',
    '<Alert messageid="x"><X/></Alert></IDMEF',
  );
  const answer = await postText(apache.url, bad);
  assert.equal(answer.status, 400, answer.body);
});

for (const method of ['GET', 'PUT', 'DELETE']) {
  test(`${method} is answered 405`, async () => {
    const answer = await curl(apache.url, ['--request', method]);
    assert.equal(answer.status, 405, answer.body);
  });
}

test('an answer 405 of the gateway says that POST is allowed', async () => {
  const answer = await curl(apache.url, []);
  assert.equal(answer.headers.get('allow'), 'POST');
});

test('a body above the limit is answered 413, with and without a length', async () => {
  const large = alerts(['large'], 'x'.repeat(11_000_000));
  for (const chunked of [false, true]) {
    assert.equal((await postText(apache.url, large, { chunked })).status, 413, `${chunked}`);
  }
});

test('nothing of what was refused is forwarded', async () => {
  assert.equal((await postText(apache.url, alerts(['last']))).status, 200);
  await manager.waitForMessages(1, 10_000);
  await gateway.stop();
  assert.deepEqual(
    manager.received().map(({ messageid }) => messageid),
    ['last'],
  );
  gateway.assertQueueEmpty();
});
