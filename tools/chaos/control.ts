/** A copy of the compiled program without the rule of the close notify: it has to lose alerts. */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from '../../test/helpers/cleanup.ts';
import { inProject } from '../../test/helpers/root.ts';
import { tempFolder } from '../../test/helpers/temp.ts';

/** What is replaced. Alerts that are kept after their acknowledgement would hide the loss, so none is kept. */
const REPLACEMENTS = [
  {
    file: 'build/src/relay/outcome.js',
    rule: '!result.closeNotify || !result.inputRead',
    without: '!result.inputRead',
  },
  { file: 'build/src/delivery.js', rule: 'windowMs: KEPT_MS', without: 'windowMs: 0' },
] as const;

/**
 * Makes the copy, which lasts as long as the scope.
 * @returns the path of its program
 * @throws Error if the compiled program does not have the rule exactly once, as it is known here
 */
export function programWithoutRule(scope: Scope): string {
  const folder = tempFolder(scope);
  cpSync(inProject('build/src'), join(folder, 'build/src'), { recursive: true });
  cpSync(inProject('scripts/secef'), join(folder, 'scripts/secef'));
  for (const name of ['package.json', 'node_modules', 'conf'])
    symlinkSync(inProject(name), join(folder, name));
  for (const { file, rule, without } of REPLACEMENTS) {
    const [before, after, ...more] = readFileSync(inProject(file), 'utf8').split(rule);
    if (before === undefined || after === undefined || more.length > 0)
      throw new Error(
        `${file} does not contain "${rule}" exactly once; adapt tools/chaos/control.ts to the rule as it is now`,
      );
    writeFileSync(join(folder, file), before + without + after);
  }
  return join(folder, 'scripts/secef');
}
