/**
 * One run of xmllint that validates document after document.
 *
 * Starting libxml2 and reading the grammar costs a hundred times what a document does. So xmllint is
 * given the name of one file hundreds of times. The file is a device: reading it waits for the next
 * document. Behind each there is a second device: when that is read, all has been said of the document.
 *
 *   xmllint --relaxng idmef.rng --noout  document end  document end  document end …
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import runXmllint, { type Run } from 'xmllint-wasm/xmllint-node.js';
import { reason } from '../../errors.ts';
import type { Grammars } from './messages.ts';

const PAGES_PER_MEBIBYTE = 16;
const INITIAL_PAGES = 32 * PAGES_PER_MEBIBYTE;
/** a document of 10 MB takes about 200 MB */
const MAX_PAGES = 512 * PAGES_PER_MEBIBYTE;
/** documents of a run: their names are on the program's stack of 64 KiB, and take 40 bytes each there */
const DOCUMENTS = 256;
/** random bytes of a name; in hexadecimal it has 15 characters, and a byte at its end */
const NAME_BYTES = 7;
/** lines about a document that are kept */
const LINES = 20;

/** never shown; what can be read and has a verdict of its own */
const END = Buffer.from('<end/>');

const program = new WebAssembly.Module(
  readFileSync(createRequire(import.meta.url).resolve('xmllint-wasm/xmllint.wasm')),
);

/** What libxml2 says of a document. */
export interface Verdict {
  /** undefined if it says neither */
  readonly valid: boolean | undefined;
  /** the first lines that it printed about it, without the document's name */
  readonly lines: readonly string[];
}

export interface DocumentSource {
  /** Waits for the next document and gives its UTF-8 text. */
  readonly next: () => Buffer;
  /** All has been said of the document that was given last. */
  readonly judged: (verdict: Verdict) => void;
}

/** Gives bytes one by one. */
class Feed {
  #bytes: Buffer = END;
  #position = 0;

  fill(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#position = 0;
  }

  next(): number | null {
    return this.#bytes[this.#position++] ?? null;
  }
}

/** Follows one run by what it reads and what it prints. */
class Conversation {
  // what a document makes libxml2 print must not look like a verdict
  readonly #document = `d${randomBytes(NAME_BYTES).toString('hex')}`;
  readonly #end = `e${randomBytes(NAME_BYTES).toString('hex')}`;
  readonly #source: DocumentSource;
  readonly #feed = new Feed();
  #reading: 'document' | 'end' = 'end';
  #valid: boolean | undefined;
  #lines: string[] = [];

  constructor(source: DocumentSource) {
    this.#source = source;
  }

  get names(): readonly string[] {
    return Array.from({ length: DOCUMENTS }, () => [this.#document, this.#end]).flat();
  }

  makeDevices(create: Run['FS_createDevice']): void {
    create?.('/', this.#document, () => this.#readDocument());
    create?.('/', this.#end, () => this.#readEnd());
  }

  hear(line: string): void {
    if (this.#reading === 'end') return;
    const document = this.#document;
    if (line === `${document} validates`) this.#valid = true;
    else if (line === `${document} fails to validate`) this.#valid = false;
    else if (this.#lines.length < LINES) this.#lines.push(line.replace(document, ''));
  }

  #readDocument(): number | null {
    if (this.#reading === 'end') {
      this.#reading = 'document';
      this.#valid = undefined;
      this.#lines = [];
      this.#feed.fill(this.#source.next());
    }
    return this.#feed.next();
  }

  #readEnd(): number | null {
    if (this.#reading === 'document') {
      this.#reading = 'end';
      this.#feed.fill(END);
      this.#source.judged({ valid: this.#valid, lines: this.#lines });
    }
    return this.#feed.next();
  }
}

/**
 * Validates documents until the run is used up; the thread is blocked meanwhile.
 * @throws Error if xmllint gives up, for want of memory, say
 */
export async function validateDocuments(
  { start, included }: Grammars,
  source: DocumentSource,
): Promise<void> {
  const conversation = new Conversation(source);
  let failure: unknown;
  const run: Run = {
    inputFiles: [start, ...included],
    arguments: ['--relaxng', start.fileName, '--noout', ...conversation.names],
    wasmMemory: new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAX_PAGES }),
    preInit: () => {
      conversation.makeDevices(run.FS_createDevice);
    },
    instantiateWasm: (imports, done) => {
      done(new WebAssembly.Instance(program, imports));
    },
    print: () => undefined,
    printErr: (line) => {
      conversation.hear(line);
    },
    onExit: () => undefined,
    onAbort: (reason) => {
      failure = reason;
    },
  };
  await runXmllint(run);
  if (failure !== undefined) throw new Error(`xmllint: ${reason(failure)}`);
}
