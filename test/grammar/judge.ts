/** What xmllint says of documents. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from '../helpers/cleanup.ts';
import { inProject } from '../helpers/root.ts';
import { run } from '../helpers/run.ts';
import { tempFolder } from '../helpers/temp.ts';
import { tool } from '../helpers/tools.ts';

/** What was said of one document. */
export interface Verdict {
  /** undefined: not XML */
  readonly valid: boolean | undefined;
  readonly messages: readonly string[];
}

const BATCH = 400;

/** Judges by a document type definition or by the grammar, many documents a call. */
export class Judges {
  readonly #folder: string;
  #calls = 0;

  constructor(scope: Scope) {
    this.#folder = tempFolder(scope);
  }

  /** By a document type definition. */
  dtd(path: string, documents: readonly (string | Buffer)[]): Promise<Verdict[]> {
    return this.#all(
      ['--dtdvalid', path],
      documents,
      (name, lines) =>
        !lines.some((line) => line.startsWith(`Document ${name} does not validate against`)),
    );
  }

  /** By the grammar. */
  grammar(documents: readonly (string | Buffer)[]): Promise<Verdict[]> {
    return this.#all(['--relaxng', inProject('conf/idmef.rng')], documents, saysValid);
  }

  async #all(
    options: string[],
    documents: readonly (string | Buffer)[],
    isValid: (name: string, lines: string[]) => boolean,
  ): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    for (let start = 0; start < documents.length; start += BATCH)
      verdicts.push(...(await this.#call(options, documents.slice(start, start + BATCH), isValid)));
    return verdicts;
  }

  async #call(
    options: string[],
    documents: readonly (string | Buffer)[],
    isValid: (name: string, lines: string[]) => boolean,
  ): Promise<Verdict[]> {
    const folder = join(this.#folder, String(this.#calls++));
    mkdirSync(folder);
    const names = documents.map((document, index) => {
      const name = join(folder, `${index}.xml`);
      writeFileSync(name, document);
      return name;
    });
    const xmllint = tool('xmllint', 'libxml2-utils');
    const { code, stderr } = await run(xmllint, ['--nonet', '--noout', ...options, ...names]);
    if (code === -1 || /^(?:Could not parse DTD|Relax-NG schema .* failed)/m.test(stderr))
      throw new Error(`xmllint ${options.join(' ')}: ${stderr.slice(0, 2000)}`);
    return verdicts(names, stderr, isValid);
  }
}

/** Is a line of xmllint's, called with a grammar, that says so of the document? */
export function saysValid(name: string, lines: readonly string[]): boolean {
  return lines.includes(`${name} validates`);
}

/** Sorts the lines of an xmllint by document. */
export function verdicts(
  names: readonly string[],
  output: string,
  isValid: (name: string, lines: string[]) => boolean,
): Verdict[] {
  const byName = new Map<string, string[]>(names.map((name) => [name, []]));
  for (const line of output.split('\n')) {
    const name = /^(?:Document )?([^\s:]+\.xml)(?=[: ])/.exec(line)?.[1];
    byName.get(name ?? '')?.push(line);
  }
  return names.map((name) => {
    const lines = byName.get(name) ?? [];
    if (lines.some((line) => /:\d+: (?:parser|namespace|I\/O) error/.test(line)))
      return { valid: undefined, messages: lines };
    return {
      valid: isValid(name, lines),
      messages: lines.filter((line) => line.includes(' error : ')),
    };
  });
}
