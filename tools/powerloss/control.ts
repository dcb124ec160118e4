/** The control: a gateway that answers 200 without waiting for the disk. */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from '../../test/helpers/cleanup.ts';
import { inProject } from '../../test/helpers/root.ts';
import { tempFolder } from '../../test/helpers/temp.ts';

/** where the gateway calls fdatasync(2), in its compiled form */
const FILE = 'build/src/queue/files.js';
const SYNC = 'return this.#handle.datasync();';
const NO_SYNC = 'return Promise.resolve();';

/**
 * Copies the built gateway and takes its fdatasync out.
 * @returns the path of the copy's command
 * @throws Error if the code has no such call any more: a control that controls nothing is worse than none
 */
export function withoutSync(scope: Scope): string {
  const copy = tempFolder(scope);
  for (const part of ['build/src', 'conf', 'scripts/secef', 'package.json'])
    cpSync(inProject(part), join(copy, part), { recursive: true });
  symlinkSync(inProject('node_modules'), join(copy, 'node_modules'));
  const parts = readFileSync(join(copy, FILE), 'utf8').split(SYNC);
  const [before, after] = parts;
  if (parts.length !== 2 || before === undefined || after === undefined)
    throw new Error(`${FILE} must have exactly one "${SYNC}": adapt tools/powerloss/control.ts`);
  writeFileSync(join(copy, FILE), before + NO_SYNC + after);
  return join(copy, 'scripts/secef');
}
