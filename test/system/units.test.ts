/** The units, as systemd's own programs judge them. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { consequence } from '../../src/errors.ts';
import { inProject } from '../helpers/root.ts';
import { mustRun, run } from '../helpers/run.ts';
import { tempFolder } from '../helpers/temp.ts';
import { tool } from '../helpers/tools.ts';

const MOST_EXPOSED = 1.5;

const analyze = tool('systemd-analyze', 'systemd');

test('systemd finds nothing wrong with the units', async (t) => {
  const folder = tempFolder(t);
  const units = ['secef.service', 'secef.socket'].map((name) => {
    const text = readFileSync(inProject('conf', name), 'utf8');
    const unit = join(folder, name);
    // it is not installed here
    writeFileSync(unit, text.replaceAll('/usr/local/secef/bin', inProject('scripts')));
    return unit;
  });
  const { code, stdout, stderr } = await run(analyze, ['verify', ...units]);
  assert.equal(stdout + stderr, '');
  assert.equal(code, 0);
});

test(`the service is exposed by at most ${MOST_EXPOSED}`, async (t) => {
  const args = ['security', '--offline=true', '--no-pager', inProject('conf/secef.service')];
  const output = await mustRun(analyze, args);
  const [line = '', level = ''] = /Overall exposure level.*: ([\d.]+)/.exec(output) ?? [];
  t.diagnostic(line);
  assert.ok(level !== '' && Number(level) <= MOST_EXPOSED, output);
});

test('what the gateway says of wrong options and a wrong configuration is not restarted', () => {
  const text = readFileSync(inProject('conf/secef.service'), 'utf8');
  const [usage, configuration] = [consequence('usage').exit, consequence('configuration').exit];
  assert.match(text, new RegExp(`^RestartPreventExitStatus=${usage} ${configuration}$`, 'm'));
  assert.match(text, new RegExp(`^ExecStopPost=.* ${usage} \\| ${configuration}\\) `, 'm'));
});

test('setpriv, without which nothing is delivered, may set capabilities', () => {
  const text = readFileSync(inProject('conf/secef.service'), 'utf8');
  const filters = [...text.matchAll(/^SystemCallFilter=(.*)$/gm)].map(([, filter]) => filter);
  assert.equal(filters.at(-1), 'capset');
});

test('the socket is where Apache connects to', () => {
  const [, path = ''] =
    /^ListenStream=(.*)$/m.exec(readFileSync(inProject('conf/secef.socket'), 'utf8')) ?? [];
  const apache = readFileSync(inProject('secef.httpd.conf'), 'utf8');
  assert.match(path, /^\/run\//);
  assert.ok(apache.includes(`unix:/var${path}|`), path);
});
