import { readFileSync } from 'node:fs';

/** The number of a group of this system. */
export function groupNumber(name: string): number {
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  if (line === undefined) throw new Error(`there is no group ${name}`);
  return Number(line.split(':')[2]);
}
