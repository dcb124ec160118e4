import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { isRecord } from '../helpers/narrow.ts';
import { inProject } from '../helpers/root.ts';

/** The Python that Debian's python3-prelude is for. */
const PYTHON = '/usr/bin/python3';
const LENGTH_SIZE = 4;

/** What libprelude makes of a document. */
export type Verdict =
  | {
      readonly ok: true;
      /** one per message, header times zero */
      readonly frames: Buffer;
      /** the adaptations */
      readonly notes: readonly string[];
    }
  | { readonly ok: false; readonly error: string };

interface Waiting {
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (error: Error) => void;
}

function parse(line: string): Verdict {
  const answer: unknown = JSON.parse(line);
  if (!isRecord(answer)) throw new Error(`the oracle answers ${line}`);
  const { frames, notes, error } = answer;
  if (typeof error === 'string') return { ok: false, error };
  if (typeof frames !== 'string' || !Array.isArray(notes))
    throw new Error(`the oracle answers ${line}`);
  return { ok: true, frames: Buffer.from(frames, 'base64'), notes: notes.map(String) };
}

/** libprelude in a process of its own that answers one document after the other. */
export class Oracle {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: Waiting[] = [];
  #received: Buffer[] = [];
  #size = 0;
  #complaint = '';
  #ended: Error | undefined;

  /** @param zone TZ, for times without offset */
  constructor(zone = 'UTC') {
    this.#child = spawn(PYTHON, ['-B', inProject('test/oracle/server.py'), zone]);
    this.#child.stdout.on('data', (bytes: Buffer) => {
      this.#take(bytes);
    });
    this.#child.stderr.on('data', (bytes: Buffer) => {
      this.#complaint += bytes.toString();
    });
    this.#child.stdin.on('error', () => undefined);
    this.#child.on('error', (error) => {
      this.#end(error.message);
    });
    this.#child.on('close', () => {
      this.#end(this.#complaint.trim().split('\n').at(-1) ?? '');
    });
  }

  /** What libprelude makes of the document. */
  ask(document: Uint8Array): Promise<Verdict> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      this.#waiting.push({ resolve, reject });
      const length = Buffer.alloc(LENGTH_SIZE);
      length.writeUInt32BE(document.length);
      this.#child.stdin.write(length);
      this.#child.stdin.write(document);
    });
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    if (this.#ended !== undefined) return;
    const closed = once(this.#child, 'close');
    this.#child.stdin.end();
    await closed;
  }

  #take(bytes: Buffer): void {
    this.#received.push(bytes);
    this.#size += bytes.length;
    for (;;) {
      if (this.#size < LENGTH_SIZE) return;
      const all = Buffer.concat(this.#received);
      const end = LENGTH_SIZE + all.readUInt32BE();
      this.#received = [all];
      if (all.length < end) return;
      this.#received = [all.subarray(end)];
      this.#size = all.length - end;
      this.#waiting.shift()?.resolve(parse(all.toString('utf8', LENGTH_SIZE, end)));
    }
  }

  #end(why: string): void {
    this.#ended ??= new Error(
      /No module named|ENOENT/.test(why)
        ? `the oracle is missing (${why}): apt-get install python3-prelude`
        : `the oracle ended: ${why}`,
    );
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#ended);
  }
}
