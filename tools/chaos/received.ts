import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import type { Alerts } from './alert.ts';

const END = '</IDMEF-Message>';
const BEGIN = '<IDMEF-Message';
const BLOCK = 8 * 1024 * 1024;

/** What the manager's xmlmod has written so far, without keeping all of it in memory. */
export class Received {
  /** how often each messageid of this run has come */
  readonly counts = new Map<string, number>();
  /** those whose content is not what it has to be */
  readonly torn: string[] = [];
  /** documents that a killed manager left half written */
  halves = 0;
  readonly #path: string;
  readonly #alerts: Alerts;
  #offset = 0;
  #rest = '';

  constructor(path: string, alerts: Alerts) {
    this.#path = path;
    this.#alerts = alerts;
  }

  /** Reads what has been added; gives whether there was something. */
  update(): boolean {
    if (!existsSync(this.#path)) return false;
    const before = this.#offset;
    const file = openSync(this.#path, 'r');
    const block = Buffer.alloc(BLOCK);
    try {
      for (;;) {
        const size = readSync(file, block, 0, BLOCK, this.#offset);
        if (size === 0) return this.#offset > before;
        this.#offset += size;
        this.#take(this.#rest + block.toString('latin1', 0, size));
      }
    } finally {
      closeSync(file);
    }
  }

  #take(text: string): void {
    const documents = text.split(END);
    this.#rest = documents.pop() ?? '';
    for (const document of documents) this.#count(document);
  }

  #count(document: string): void {
    // a manager that was killed may have left half a document, to which the next one has appended
    const begin = document.lastIndexOf(BEGIN);
    if (document.indexOf(BEGIN) !== begin) this.halves++;
    const xml = document.slice(begin);
    const id = /messageid="([^"]*)"/.exec(xml)?.[1] ?? '';
    if (!this.#alerts.has(id)) return;
    this.counts.set(id, (this.counts.get(id) ?? 0) + 1);
    const utf8 = Buffer.from(xml + END, 'latin1').toString('utf8');
    if (!this.#alerts.isIntact(id, utf8)) this.torn.push(id);
  }
}
