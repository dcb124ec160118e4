import { readdirSync, readFileSync } from 'node:fs';
import { inProject } from '../helpers/root.ts';

/** A document of the corpus. */
export interface Fixture {
  readonly name: string;
  readonly bytes: Buffer;
}

function documentsIn(folder: string): Fixture[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.xml'))
    .sort()
    .map((name) => ({ name, bytes: readFileSync(`${folder}/${name}`) }));
}

/** The documents that libprelude can hold. */
export const corpusDocuments = (): Fixture[] => documentsIn(inProject('test/fixtures/corpus'));

/** The documents that are not to be forwarded as they are. */
export const badDocuments = (): Fixture[] => documentsIn(inProject('test/fixtures/corpus/bad'));

/** What libprelude makes of a document of the corpus: one frame per message, header times zero. */
export function expectedFrames(name: string): Buffer {
  return readFileSync(inProject('test/fixtures/frames', name.replace(/\.xml$/, '.bin')));
}
