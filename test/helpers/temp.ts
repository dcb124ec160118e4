import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onEnd, type Scope } from './cleanup.ts';

/** A new folder that every user may enter (Apache's workers are www-data), removed at the end. */
export function tempFolder(scope: Scope): string {
  const folder = mkdtempSync(join(tmpdir(), 'secef-'));
  chmodSync(folder, 0o755);
  onEnd(
    scope,
    () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
    () => {
      rmSync(folder, { recursive: true, force: true });
    },
  );
  return folder;
}
