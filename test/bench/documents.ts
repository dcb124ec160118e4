/** Documents to send: the real one, and as many of its alerts as are wanted in one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from '../helpers/cleanup.ts';
import { corpus, corpusText } from '../helpers/documents.ts';
import { tempFolder } from '../helpers/temp.ts';

const REAL = 'real-secef-whoami.xml';

/** Path of the real document, with one alert. */
export const single = corpus(REAL);

/** The real document with its alert so many times. */
export function repeated(count: number): string {
  const text = corpusText(REAL);
  const [alert = ''] = /<(?:[\w-]+:)?Alert[\s>].*<\/(?:[\w-]+:)?Alert>/s.exec(text) ?? [];
  if (alert === '') throw new Error(`${REAL} has no Alert`);
  return text.replace(alert, () => alert.repeat(count));
}

/** Path of a file with that. */
export function bulkFile(scope: Scope, count: number): string {
  const path = join(tempFolder(scope), `${count}.xml`);
  writeFileSync(path, repeated(count));
  return path;
}
