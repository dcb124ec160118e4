import { readFileSync } from 'node:fs';
import { inProject } from './root.ts';

/**
 * The commands that README.md gives in a section, so that tests run what operators are told to.
 * @param containing what tells their block from the section's others
 */
export function commandsOf(section: string, containing: string): string {
  const [, after] = readFileSync(inProject('README.md'), 'utf8').split(`\n## ${section}\n`);
  if (after === undefined) throw new Error(`README.md has no section ${section}`);
  const [text = ''] = after.split('\n## ');
  const blocks = text.match(/(?:^ {4}.*\n)+/gm) ?? [];
  const [found, ...others] = blocks.filter((block) => block.includes(containing));
  if (found === undefined || others.length > 0)
    throw new Error(`README.md, ${section}: not one block has ${containing}`);
  return found.replaceAll(/^ {4}/gm, '');
}
