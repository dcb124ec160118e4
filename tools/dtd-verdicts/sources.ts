import { badDocuments, corpusDocuments, type Fixture } from '../../test/idmef/fixtures.ts';
import { asDraft, inNamespace } from './adapt.ts';
import { DIALECTS, DRAFT } from './dialects.ts';
import { isValid } from './ours.ts';
import { parse } from './parse.ts';
import type { Written } from './sample.ts';
import { PLAIN, write } from './write.ts';

function readable({ name, bytes }: Fixture): Written[] {
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe;
  const latin1 = /encoding="iso-8859-1"/i.test(bytes.toString('latin1', 0, 100));
  const source = bytes.toString(wide ? 'utf16le' : latin1 ? 'latin1' : 'utf8');
  if (source.includes('<!ENTITY')) return [];
  return [{ name, tree: parse(source), source: bytes, style: PLAIN, kinds: [] }];
}

/** The documents of the corpus, as they are. */
export function asSent(): Written[] {
  return corpusDocuments().flatMap(readable);
}

/** Those documents that are to be refused, but are XML. */
export function refused(): Written[] {
  return badDocuments()
    .filter(({ bytes }) => isValid(bytes) !== undefined)
    .flatMap(readable);
}

/** The documents of the corpus with the namespaces of the other dialects. */
export function translated(documents: readonly Written[]): Written[] {
  return documents
    .flatMap(({ name, tree }) => [
      ...DIALECTS.filter(({ namespace }) => namespace !== tree.root.namespace).map((dialect) => ({
        name: `${name} (${dialect.title})`,
        tree: inNamespace(tree, dialect),
      })),
      { name: `${name} (adapted to the draft)`, tree: asDraft(tree, DRAFT) },
    ])
    .map((sample) => ({
      ...sample,
      style: PLAIN,
      source: Buffer.from(write(sample.tree, PLAIN)),
      kinds: [],
    }));
}
