import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runValidateCommand } from '../../src/validate/command.ts';
import { inProject } from '../helpers/root.ts';

const corpus = (name: string): string => inProject('test/fixtures/corpus', name);

async function run(...names: string[]): Promise<{ good: boolean; lines: string[] }> {
  const lines: string[] = [];
  const good = await runValidateCommand(names.map(corpus), (line) => lines.push(line));
  return { good, lines };
}

test('says of valid documents that they are', async () => {
  const { good, lines } = await run('real-secef-whoami.xml', 'all-classes.xml');
  assert.equal(good, true);
  assert.deepEqual(
    lines.map((line) => line.replace(/^.*: /, '')),
    ['valid', 'valid'],
  );
});

test('names every violation of the others, with the file', async () => {
  const { good, lines } = await run('rfc-7.3.3-file-modification.xml', 'real-secef-whoami.xml');
  assert.equal(good, false);
  const name = corpus('rfc-7.3.3-file-modification.xml');
  const path = 'IDMEF-Message/Alert/Target/File/FileAccess/permission';
  assert.equal(
    lines[0],
    `${name}: line 53: ${path}: <idmef:permission> has to be written <Permission>`,
  );
  assert.equal(lines.length, 9);
  assert.match(lines.at(-1) ?? '', /whoami\.xml: valid$/);
});

test('says what is wrong with documents that are not XML', async () => {
  const { good, lines } = await run('bad/truncated.xml');
  assert.equal(good, false);
  assert.match(lines.join(), /truncated\.xml: line 3, column \d+: the document ends/);
});

test('refuses a file that cannot be read', async () => {
  await assert.rejects(run('no-such.xml'), /cannot read .*no-such\.xml: ENOENT/);
});
