/**
 * A thread in which xmllint-wasm runs, and in which invalid documents are explained. The package
 * starts a thread of its own for each call and has no way to end it: ending this one ends that, too.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { validateXML } from 'xmllint-wasm';
import { reason } from '../../errors.ts';
import { readDoctype } from '../doctype.ts';
import { Explainer } from './explain.ts';
import type { Grammars, ValidationAnswer } from './messages.ts';

const MEBIBYTE_PAGES = 16;
const INITIAL_PAGES = 32 * MEBIBYTE_PAGES;
/** a document of 10 MB takes about 200 MB */
const MAX_PAGES = 512 * MEBIBYTE_PAGES;
/** violations that a sender is told */
const VIOLATIONS = 20;

/** libxml2's own words in a line of its output */
const WORDS = /^\d+\.xml:(\d+): .* Relax-NG validity error : (.*)$/;
/** what may stand before a document type */
const PROLOG = /^(?:[ \t\r\n]|<\?[^]*?\?>|<!--[^]*?-->)*/;

const fileName = (index: number): string => `${index}.xml`;

/**
 * The document as libxml2 is to read it, lines as they are. An XML declaration names the encoding
 * that the bytes had; here is text. A document type would be followed, into other documents of the
 * same call even.
 */
function forLibxml(document: string): string {
  const text = document.replace(/^<\?xml[^>]*\?>/, (declaration) =>
    declaration.replace(/\sencoding\s*=\s*(?:"[^"]*"|'[^']*')/, ''),
  );
  const start = PROLOG.exec(text)?.[0].length ?? 0;
  if (!text.startsWith('<!DOCTYPE', start)) return text;
  const end = readDoctype(text.replace(/\r/g, '\n'), start, true)?.end ?? start;
  return text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, ' ') + text.slice(end);
}

/** What libxml2 has said of each document. */
interface Output {
  readonly valid: ReadonlySet<string>;
  readonly invalid: ReadonlySet<string>;
}

function readOutput(rawOutput: string): Output {
  const said = (what: RegExp): Set<string> =>
    new Set([...rawOutput.matchAll(what)].map(([, name = '']) => name));
  return {
    valid: said(/^(\d+\.xml) validates$/gm),
    invalid: said(/^(\d+\.xml) fails to validate$/gm),
  };
}

class Documents {
  readonly #grammars: Grammars;
  readonly #explainer: Explainer;

  constructor(grammars: Grammars) {
    this.#grammars = grammars;
    const files = [grammars.start, ...grammars.included];
    this.#explainer = new Explainer(
      new Map(files.map(({ fileName, contents }) => [fileName, contents])),
      grammars.start.fileName,
    );
  }

  async judge(documents: readonly string[]): Promise<ValidationAnswer> {
    const { rawOutput } = await validateXML({
      xml: documents.map((document, index) => ({
        fileName: fileName(index),
        contents: forLibxml(document),
      })),
      schema: this.#grammars.start,
      preload: this.#grammars.included,
      extension: 'relaxng',
      initialMemoryPages: INITIAL_PAGES,
      maxMemoryPages: MAX_PAGES,
    });
    const { valid, invalid } = readOutput(rawOutput);
    const verdicts = documents.map((document, index) => {
      const name = fileName(index);
      if (valid.has(name)) return [];
      if (!invalid.has(name)) throw new Error(`libxml2 gives no verdict: ${firstLine(rawOutput)}`);
      return this.#explain(document, name, rawOutput);
    });
    return { kind: 'done', verdicts };
  }

  /** The violations; in libxml2's words if nothing better is known. */
  #explain(document: string, name: string, rawOutput: string): string[] {
    const explained = this.#explainer
      .explain(document, VIOLATIONS)
      .map(({ line, path, message }) => `line ${line}: ${path}: ${message}`);
    if (explained.length > 0) return explained;
    return rawOutput
      .split('\n')
      .filter((line) => line.startsWith(`${name}:`))
      .flatMap((line) => {
        const [, number = '', words = ''] = WORDS.exec(line) ?? [];
        return words === '' ? [] : [`line ${number}: ${words}`];
      })
      .concat('the document is not valid')
      .slice(0, VIOLATIONS);
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0]?.slice(0, 200) ?? '';

function isGrammars(data: unknown): data is Grammars {
  return typeof data === 'object' && data !== null && 'start' in data && 'included' in data;
}

function isDocuments(message: unknown): message is string[] {
  return Array.isArray(message) && message.every((document) => typeof document === 'string');
}

if (!isGrammars(workerData)) throw new Error('a validating thread needs grammars');
const documents = new Documents(workerData);
parentPort?.on('message', (message: unknown) => {
  const answer = isDocuments(message)
    ? documents.judge(message)
    : Promise.reject(new Error('documents are texts'));
  void answer
    .catch((error: unknown): ValidationAnswer => ({ kind: 'failed', reason: reason(error) }))
    .then((made) => parentPort?.postMessage(made));
});
