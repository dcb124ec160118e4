/** What `xmllint --noout --dtdvalid` says of documents. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from '../../test/helpers/cleanup.ts';
import { run } from '../../test/helpers/run.ts';
import { tempFolder } from '../../test/helpers/temp.ts';
import { tool } from '../../test/helpers/tools.ts';

/** documents of one call */
const BATCH = 400;

export class Xmllint {
  readonly #folder: string;
  #calls = 0;

  /** @param scope whose end removes the files */
  constructor(scope: Scope) {
    this.#folder = tempFolder(scope);
  }

  /**
   * @param dtd path of the document type definition
   * @returns for each document whether it is valid
   * @throws Error if xmllint cannot read a document or the definition
   */
  async valid(dtd: string, documents: readonly (string | Buffer)[]): Promise<boolean[]> {
    const verdicts: boolean[] = [];
    for (let start = 0; start < documents.length; start += BATCH)
      verdicts.push(...(await this.#call(dtd, documents.slice(start, start + BATCH))));
    return verdicts;
  }

  async #call(dtd: string, documents: readonly (string | Buffer)[]): Promise<boolean[]> {
    const folder = join(this.#folder, String(this.#calls++));
    mkdirSync(folder);
    const names = documents.map((document, index) => {
      const name = join(folder, `${index}.xml`);
      writeFileSync(name, document);
      return name;
    });
    const xmllint = tool('xmllint', 'libxml2-utils');
    const options = ['--nonet', '--noout', '--dtdvalid', dtd];
    const { code, stderr } = await run(xmllint, [...options, ...names]);
    const lines = stderr.split('\n');
    const broken = lines.find((line) => /:\d+: (?:parser|namespace|I\/O) error/.test(line));
    if (code === -1 || broken !== undefined || stderr.includes('Could not parse DTD'))
      throw new Error(`xmllint --dtdvalid ${dtd}: ${broken ?? stderr.slice(0, 2000)}`);
    const said = new Set(lines);
    return names.map((name) => !said.has(`Document ${name} does not validate against ${dtd}`));
  }
}
