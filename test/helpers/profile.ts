import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The analyzerid that Prelude has given to a profile; undefined as long as there is none. */
export function analyzerid(profile: string): string | undefined {
  const file = join('/etc/prelude/profile', profile, 'analyzerid');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
