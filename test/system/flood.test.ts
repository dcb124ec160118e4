import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test, type TestContext } from 'node:test';
import { startApache, type Apache } from '../helpers/apache.ts';
import { postText } from '../helpers/curl.ts';
import { alerts } from '../helpers/documents.ts';
import { Gateway, type LogLine } from '../helpers/gateway.ts';

const REFUSALS = 500;
/** lines that are written at once, and one for the rest, or two if a minute goes by */
const MOST_LINES = 7;

interface Front {
  gateway: Gateway;
  apache: Apache;
}

async function startDry(t: TestContext, ...options: string[]): Promise<Front> {
  const gateway = new Gateway(t, ['--dry-run', ...options]);
  await gateway.start();
  return { gateway, apache: await startApache(t, gateway.socket) };
}

/** Posts the document again and again, ten at a time; gives how often which status came. */
async function postMany(
  url: string,
  document: string,
  count: number,
): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  let left = count;
  const sender = async (): Promise<void> => {
    while (left-- > 0) {
      const headers = { 'content-type': 'application/xml' };
      const answer = await fetch(url, { method: 'POST', headers, body: document });
      await answer.arrayBuffer();
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 10 }, sender));
  return statuses;
}

/** The lines of an event, and for how many they stand. */
function summary({ gateway }: Front, event: string): { lines: LogLine[]; total: number } {
  const lines = gateway.log().filter((line) => line['event'] === event);
  const total = lines.reduce((sum, { repeated = 1 }) => sum + Number(repeated), 0);
  return { lines, total };
}

/** A request that ends after a part of its body. */
function cutShort(url: string): Promise<void> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/xml', 'content-length': 1_000_000 };
    const outgoing = request(url, { method: 'POST', headers });
    outgoing.on('error', () => {
      resolve();
    });
    outgoing.write('<IDMEF-Message>'.padEnd(100_000), () => {
      setTimeout(() => outgoing.destroy(new Error('cut')), 100);
    });
  });
}

test('500 equal refusals make a few lines with the right sum, accepted requests one', async (t) => {
  const front = await startDry(t);
  const bad = await postMany(front.apache.url, '<IDMEF-Message>\n<Alert>', REFUSALS);
  assert.deepEqual([...bad], [[400, REFUSALS]]);
  const good = await postMany(front.apache.url, alerts(['good']), 50);
  assert.deepEqual([...good], [[200, 50]]);
  assert.equal((await postText(front.apache.url, 'x', { contentType: 'text/plain' })).status, 415);
  await front.gateway.stop();

  const { lines, total } = summary(front, 'refused');
  assert.equal(total, REFUSALS + 1);
  assert.ok(lines.length <= MOST_LINES + 1, front.gateway.describe());
  const codes = new Set(lines.map(({ code }) => code));
  assert.deepEqual([...codes].sort(), ['malformed-xml', 'unsupported-media-type']);
  assert.deepEqual(summary(front, 'accepted').lines, []);
  const [requests, ...more] = summary(front, 'requests').lines;
  assert.deepEqual(more, []);
  assert.equal(requests?.['requests'], 50);
  assert.equal(requests['messages'], 50);
  assert.equal(requests['bytes'], 50 * Buffer.byteLength(alerts(['good'])));
  assert.equal(requests['clients'], 1);
  assert.ok(Number(requests['slowest']) > 0);
  assert.equal(front.gateway.log().at(-1)?.['event'], 'stopped', 'the sum comes before the end');
});

test('a line of a request has its id, client, bytes, messages, status and milliseconds', async (t) => {
  const front = await startDry(t, '--debug');
  const document = alerts(['one', 'two']);
  assert.equal((await postText(front.apache.url, document)).status, 200);
  assert.equal((await postText(front.apache.url, '<x')).status, 400);
  await cutShort(front.apache.url);
  await front.gateway.waitForEvent('aborted');

  const [accepted, refused, aborted] = ['accepted', 'refused', 'aborted'].map(
    (event) => summary(front, event).lines[0],
  );
  assert.equal(accepted?.['bytes'], Buffer.byteLength(document));
  assert.equal(accepted['messages'], 2);
  assert.equal(accepted['status'], 200);
  assert.equal(refused?.['bytes'], 2);
  assert.equal(refused['messages'], 0);
  assert.equal(refused['status'], 400);
  for (const line of [accepted, refused, aborted]) {
    // Apache's UNIQUE_ID, not the gateway's own number
    assert.match(String(line?.['id']), /^[\w@-]{20,}$/);
    assert.equal(line?.['client'], '127.0.0.1');
    assert.equal(typeof line['bytes'], 'number');
    assert.equal(typeof line['milliseconds'], 'number');
  }
});

const SECRET = `${'s'.repeat(40)}-very-secret`;

/** An alert with this text that is as it should be but for what stands at its end. */
function wrongAtEnd(end: string): string {
  return alerts(['wrong'], SECRET).replace('</Alert>', end);
}

test('without --debug the log has no content but the first characters of what is wrong', async (t) => {
  const front = await startDry(t);
  const wrong = [
    `<Target><Service><port>${SECRET}</port></Service></Target></Alert>`,
    `${SECRET}</Alert>`,
    `<${'long-name'.repeat(100)} a="${SECRET}"/></Alert>`,
  ].map(wrongAtEnd);
  for (const document of wrong)
    assert.equal((await postText(front.apache.url, document)).status, 400);
  assert.equal((await postText(front.apache.url, alerts(['fine'], SECRET))).status, 200);
  await front.gateway.stop();
  const { lines } = summary(front, 'refused');
  assert.equal(lines.length, wrong.length);
  assert.ok(lines.every(({ reason }) => String(reason).length <= 301));
  assert.ok(!JSON.stringify(front.gateway.log()).includes('very-secret'), front.gateway.describe());
});

test('of many violations the log has the first, and how many more there are', async (t) => {
  const front = await startDry(t, '--valid-dtd');
  const document = wrongAtEnd(`${'<X/>'.repeat(30)}</Alert>`);
  assert.equal((await postText(front.apache.url, document)).status, 422);
  await front.gateway.stop();
  const [line] = summary(front, 'refused').lines;
  assert.match(String(line?.['reason']), /^line 2: [^\n]{1,300} \(and 19 more\)$/);
});
