/** The corpus through Apache, gateway and manager: what xmlmod prints has every field that was sent. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { postFile } from '../helpers/curl.ts';
import { corpus, corpusText, messageids } from '../helpers/documents.ts';
import { inProject } from '../helpers/root.ts';
import { run } from '../helpers/run.ts';
import { startWay } from '../helpers/setup.ts';
import { tempFolder } from '../helpers/temp.ts';

const scope = { after };
const { apache, manager } = await startWay(scope, 'sys-round-trip');
const folder = tempFolder(scope);
const documents = readdirSync(corpus('')).filter((name) => name.endsWith('.xml'));

/** Compares with the reference's program, which knows what xmlmod does not print. */
async function compare(document: string, printed: string): Promise<string> {
  const script = inProject('test/oracle/compare_xml.py');
  const { code, stdout, stderr } = await run('/usr/bin/python3', [
    script,
    '--known',
    document,
    printed,
  ]);
  if (stderr.includes("No module named 'lxml'"))
    throw new Error('python3-lxml is missing: apt-get install python3-lxml');
  return code === 0 ? '' : `${stdout}${stderr}`;
}

test('every document of the corpus comes out of the manager as it was sent', async (t) => {
  const differences: string[] = [];
  for (const name of documents) {
    const before = manager.received().length;
    const answer = await postFile(apache.url, corpus(name));
    assert.equal(answer.status, 200, `${name}: ${answer.body}`);
    const count = messageids(corpusText(name)).length;
    const received = await manager.waitForMessages(before + count, 10_000);
    const printed = join(folder, name);
    writeFileSync(
      printed,
      received
        .slice(before)
        .map(({ xml }) => xml)
        .join('\n'),
    );
    const difference = await compare(corpus(name), printed);
    if (difference !== '') differences.push(`${name}: ${difference}`);
  }
  t.diagnostic(
    `documents ${documents.length}, equal ${documents.length - differences.length}, different ${differences.length}`,
  );
  assert.deepEqual(differences, []);
});
