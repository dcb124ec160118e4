/**
 * A thread in which xmllint runs, and in which invalid documents are explained. It never gets to its
 * event loop: it waits for the next document wherever xmllint wants to read it.
 */
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Explainer } from './explain.ts';
import { isThreadData, type ThreadData, type ValidationAnswer } from './messages.ts';
import { validateDocuments, type Verdict } from './xmllint.ts';

/** violations that a sender is told */
const VIOLATIONS = 20;

/** libxml2's own words in a line of its output */
const WORDS = /^:(\d+): .* Relax-NG validity error : (.*)$/;
/** a document type that Reader has let pass */
const DOCTYPE =
  /<!DOCTYPE(?:[^"'[>]|"[^"]*"|'[^']*')*(?:\[(?:[^\]"'<]|"[^"]*"|'[^']*'|<!--[^]*?-->|<\?[^]*?\?>|<)*\]\s*)?>/y;
/** what may stand before a document type */
const PROLOG = /^(?:[ \t\r\n]|<\?[^]*?\?>|<!--[^]*?-->)*/;

/**
 * The document as libxml2 is to read it, lines as they are. An XML declaration names the encoding
 * that the bytes had; here is text. A document type would be followed, into the grammars even.
 */
function forLibxml(document: string): string {
  const text = document.replace(/^<\?xml[^>]*\?>/, (declaration) =>
    declaration.replace(/\sencoding\s*=\s*(?:"[^"]*"|'[^']*')/, ''),
  );
  const start = PROLOG.exec(text)?.[0].length ?? 0;
  if (!text.startsWith('<!DOCTYPE', start)) return text;
  DOCTYPE.lastIndex = start;
  const end = start + (DOCTYPE.exec(text)?.[0].length ?? 0);
  return text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, ' ') + text.slice(end);
}

/** Takes documents from the port, and answers. */
class Documents {
  readonly #data: ThreadData;
  readonly #explainer: Explainer;
  #document = '';

  constructor(data: ThreadData) {
    this.#data = data;
    const { start, included } = data.grammars;
    this.#explainer = new Explainer(
      new Map([start, ...included].map(({ fileName, contents }) => [fileName, contents])),
      start.fileName,
    );
  }

  /** Waits for the next one. */
  readonly next = (): Buffer => {
    const { port, posted } = this.#data;
    for (;;) {
      const seen = Atomics.load(posted, 0);
      const received: unknown = receiveMessageOnPort(port)?.message;
      if (typeof received === 'string') {
        this.#document = received;
        return Buffer.from(forLibxml(received));
      }
      Atomics.wait(posted, 0, seen);
    }
  };

  readonly judged = ({ valid, lines }: Verdict): void => {
    this.#data.port.postMessage(this.#answer(valid, lines));
    this.#document = '';
  };

  #answer(valid: boolean | undefined, lines: readonly string[]): ValidationAnswer {
    if (valid === undefined)
      return { kind: 'failed', reason: `libxml2 gives no verdict${lines[0] ?? ''}`.slice(0, 200) };
    return { kind: 'judged', violations: valid ? [] : this.#explain(lines) };
  }

  /** The violations; in libxml2's words if nothing better is known. */
  #explain(lines: readonly string[]): string[] {
    const explained = this.#explainer
      .explain(this.#document, VIOLATIONS)
      .map(({ line, path, message }) => `line ${line}: ${path}: ${message}`);
    if (explained.length > 0) return explained;
    return lines
      .flatMap((line) => {
        const [, number = '', words = ''] = WORDS.exec(line) ?? [];
        return words === '' ? [] : [`line ${number}: ${words}`];
      })
      .concat('the document is not valid')
      .slice(0, VIOLATIONS);
  }
}

if (!isThreadData(workerData)) throw new Error('a validating thread needs grammars and a port');
const documents = new Documents(workerData);
for (;;) await validateDocuments(workerData.grammars, documents);
