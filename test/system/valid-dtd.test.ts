/** --valid-dtd through Apache: valid ones are delivered, others get 422 and every violation. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { postFile, postText } from '../helpers/curl.ts';
import { corpus } from '../helpers/documents.ts';
import { startApache } from '../helpers/apache.ts';
import { Gateway } from '../helpers/gateway.ts';
import { startManager } from '../helpers/manager.ts';
import { inProject } from '../helpers/root.ts';

const scope = { after };
const manager = await startManager(scope, 'sys-valid');
const gateway = new Gateway(scope, [
  '--profile',
  manager.profile,
  '--manager',
  manager.address,
  '--valid-dtd',
]);
await gateway.start();
const apache = await startApache(scope, gateway.socket);

/** valid by the DTD of RFC 4765 */
function valid(id: string): string {
  return `<IDMEF-Message xmlns="http://iana.org/idmef" version="1.0"><Alert messageid="${id}">
<Analyzer analyzerid="valid"/><CreateTime ntpstamp="0xe2551126.0x00000000">2020-04-30T08:56:06Z</CreateTime>
<Classification text="valid"/></Alert></IDMEF-Message>`;
}

test('a valid document is answered 200 and delivered', async () => {
  const answer = await postText(apache.url, valid('one'));
  assert.equal(answer.status, 200, answer.body);
  await manager.waitForIds(['one'], 10_000);
});

test('an invalid document is answered 422 with a line for each violation', async () => {
  const text = valid('two').replace('<Classification text="valid"/>', '<Foo/>\n<Source bar="x"/>');
  const answer = await postText(apache.url, text);
  assert.equal(answer.status, 422, answer.body);
  const lines = answer.body.trim().split('\n');
  assert.ok(lines.length >= 3, answer.body);
  for (const line of lines) assert.match(line, /^line \d+: IDMEF-Message\/Alert/);
});

test('the answers are those that docs/http-api.md has as examples', async () => {
  const page = readFileSync(inProject('docs/http-api.md'), 'utf8');
  const base = /```xml\n(.*?)\n```/s.exec(page)?.[1] ?? '';
  const rows = page.matchAll(/^\| [a-z][^|]* \| (\d) \| `(.*?)` \| `(.*)` \|$/gm);
  const examples = [...rows].map(([, number, line = '', answers = '']) => ({
    document: base
      .split('\n')
      .with(Number(number) - 1, line)
      .join('\n'),
    answer: `${answers.replaceAll('`<br>`', '\n')}\n`,
  }));
  assert.ok(examples.length >= 10, String(examples.length));
  assert.equal((await postText(apache.url, base)).status, 200);
  for (const { document, answer } of examples) {
    const { status, body } = await postText(apache.url, document);
    assert.deepEqual({ status, body }, { status: 422, body: answer });
  }
});

test('what is not well-formed is still answered 400', async () => {
  const answer = await postText(apache.url, '<IDMEF-Message>\n<Alert>');
  assert.equal(answer.status, 400, answer.body);
});

test('a valid document with a value that Prelude cannot hold is answered 400', async () => {
  const answer = await postText(
    apache.url,
    valid('three').replace('2020-04-30T08:56:06Z', 'yesterday'),
  );
  assert.equal(answer.status, 400, answer.body);
  assert.match(answer.body, /alert\.create_time/);
});

test('bombs are refused as without the option', async () => {
  for (const name of ['bad/billion-laughs.xml', 'bad/quadratic-blowup.xml', 'bad/xxe-http.xml'])
    assert.equal((await postFile(apache.url, corpus(name))).status, 400, name);
});

test('200 posts at a time get their own answers', async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) =>
      postText(
        apache.url,
        i % 2 === 0 ? valid(`many-${i}`) : '<IDMEF-Message><Foo/></IDMEF-Message>',
      ),
    ),
  );
  assert.deepEqual(
    answers.map(({ status }) => status),
    answers.map((_, i) => (i % 2 === 0 ? 200 : 422)),
  );
  await manager.waitForIds(
    Array.from({ length: 100 }, (_, i) => `many-${2 * i}`),
    20_000,
  );
});
