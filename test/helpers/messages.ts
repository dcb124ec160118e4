import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { attribute } from './xml.ts';

/** A message as the manager's xmlmod plugin wrote it. */
export interface ReceivedMessage {
  kind: string;
  messageid: string;
  /** Of the nested Analyzers from the outside in: the manager, the gateway, the client's own. */
  analyzerids: string[];
  xml: string;
}

const end = '</IDMEF-Message>';

/** Reads xmlmod's file as it grows: one document per message, with nothing between them. */
export class MessageFile {
  readonly #path: string;
  readonly #messages: ReceivedMessage[] = [];
  #done = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** All messages that have been written completely. */
  read(): readonly ReceivedMessage[] {
    if (!existsSync(this.#path)) return this.#messages;
    const added = bytesFrom(this.#path, this.#done);
    const last = added.lastIndexOf(end);
    if (last === -1) return this.#messages;
    const complete = added.subarray(0, last + end.length);
    for (const part of complete.toString('utf8').split(end).slice(0, -1)) {
      this.#messages.push(parse((part + end).trim()));
    }
    this.#done += complete.length;
    return this.#messages;
  }
}

function bytesFrom(path: string, start: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size < start) throw new Error(`${path} has become shorter`);
    const bytes = Buffer.alloc(size - start);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, start));
  } finally {
    closeSync(file);
  }
}

function parse(xml: string): ReceivedMessage {
  const start = /^(?:<\?xml[^>]*>\s*)?<IDMEF-Message[^>]*>\s*<(\w+)([^>]*)>/.exec(xml);
  const [, kind, attributes = ''] = start ?? [];
  if (kind === undefined) throw new Error(`not a message of xmlmod: ${xml.slice(0, 300)}`);
  const analyzers = [...xml.matchAll(/<Analyzer\b([^>]*)>/g)];
  return {
    kind,
    messageid: attribute('messageid', attributes),
    analyzerids: analyzers.map(([, inside = '']) => attribute('analyzerid', inside)),
    xml,
  };
}
