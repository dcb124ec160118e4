import { readFileSync } from 'node:fs';
import { inProject } from './root.ts';
import { attribute } from './xml.ts';

/** The path of a document of the corpus. */
export function corpus(name: string): string {
  return inProject('test/fixtures/corpus', name);
}

/** The text of a document of the corpus, whatever its encoding. */
export function corpusText(name: string): string {
  const bytes = readFileSync(corpus(name));
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return bytes.toString(utf16 ? 'utf16le' : 'utf8');
}

/** The messageids of a document, '' for a message without one. */
export function messageids(xml: string): string[] {
  return [...xml.matchAll(/<(?:\w+:)?(?:Alert|Heartbeat)(?=[\s/>])([^>]*)>/g)].map(
    ([, attributes = '']) => attribute('messageid', attributes),
  );
}

/** A document with one Alert for each messageid. */
export function alerts(ids: string[], text = 'system test'): string {
  const all = ids.map(
    (id) => `<Alert messageid="${id}"><Analyzer analyzerid="system-test"/>
<CreateTime>2020-04-30T08:56:06+00:00</CreateTime><Classification text="${text}"/></Alert>`,
  );
  return `<IDMEF-Message xmlns="http://iana.org/idmef" version="1.0">${all.join('\n')}</IDMEF-Message>`;
}
