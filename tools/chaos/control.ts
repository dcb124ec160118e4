/** A copy of the compiled program without the rule of the close notify: it has to lose alerts. */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from '../../test/helpers/cleanup.ts';
import { inProject } from '../../test/helpers/root.ts';
import { tempFolder } from '../../test/helpers/temp.ts';

const FILE = 'build/src/relay/outcome.js';
/** the condition that makes a session without the manager's close notify a failure */
const RULE = '!result.closeNotify || !result.inputRead';
const WITHOUT = '!result.inputRead';

/**
 * Makes the copy, which lasts as long as the scope.
 * @returns the path of its program
 * @throws Error if the compiled program does not have the rule exactly once, as it is known here
 */
export function programWithoutRule(scope: Scope): string {
  const [before, after, ...more] = readFileSync(inProject(FILE), 'utf8').split(RULE);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(
      `${FILE} does not contain "${RULE}" exactly once; adapt tools/chaos/control.ts to the rule as it is now`,
    );
  const folder = tempFolder(scope);
  cpSync(inProject('build/src'), join(folder, 'build/src'), { recursive: true });
  cpSync(inProject('scripts/secef'), join(folder, 'scripts/secef'));
  for (const name of ['package.json', 'node_modules', 'conf'])
    symlinkSync(inProject(name), join(folder, name));
  writeFileSync(join(folder, FILE), before + WITHOUT + after);
  return join(folder, 'scripts/secef');
}
