import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path of a program the tests cannot do without; names its Debian package where it is missing. */
export function tool(name: string, debianPackage: string): string {
  const file = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (file === undefined) throw new Error(`${name} is missing: apt-get install ${debianPackage}`);
  return file;
}
