import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function folderWith(name: string, from: string): string {
  if (existsSync(join(from, name))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error(`no ${name} above ${fileURLToPath(import.meta.url)}`);
  return folderWith(name, parent);
}

/** The project's root folder, from test/ as well as from build/test/. */
export const root = folderWith('package.json', dirname(fileURLToPath(import.meta.url)));

/** The absolute path of a file of the project. */
export function inProject(...path: string[]): string {
  return join(root, ...path);
}
