import { readFileSync } from 'node:fs';
import { validateXML } from 'xmllint-wasm';
import { inProject } from '../helpers/root.ts';
import { saysValid, verdicts, type Verdict } from './judge.ts';

const FILES = [
  'idmef.rng',
  'idmef-rfc4765.rng',
  'idmef-draft-2004.rng',
  'idmef-common.rng',
] as const;
const BATCH = 100;

/** Judges by the grammar as the gateway does, with xmllint-wasm. */
export async function judgeByWasm(documents: readonly Buffer[]): Promise<Verdict[]> {
  const [schema, ...preload] = FILES.map((fileName) => ({
    fileName,
    contents: readFileSync(inProject('conf', fileName), 'utf8'),
  }));
  const all: Verdict[] = [];
  for (let start = 0; start < documents.length; start += BATCH) {
    const xml = documents
      .slice(start, start + BATCH)
      .map((contents, index) => ({ fileName: `${index}.xml`, contents }));
    const { rawOutput } = await validateXML({
      xml,
      schema: schema === undefined ? [] : [schema],
      preload,
      extension: 'relaxng',
    });
    const names = xml.map(({ fileName }) => fileName);
    all.push(...verdicts(names, rawOutput, saysValid));
  }
  return all;
}
