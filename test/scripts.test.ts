import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { inProject } from './helpers/root.ts';
import { run } from './helpers/run.ts';
import { tool } from './helpers/tools.ts';

test('shellcheck has nothing to say about the scripts', async () => {
  const entries = readdirSync(inProject('scripts'), { withFileTypes: true });
  const scripts = entries.filter((entry) => entry.isFile()).map(({ name }) => `scripts/${name}`);
  const files = ['.ci/run', ...scripts].map((path) => inProject(path));
  const options = ['--external-sources', `--source-path=${inProject('.')}`];
  const { code, stdout } = await run(tool('shellcheck', 'shellcheck'), [...options, ...files]);
  assert.equal(code, 0, stdout);
});
