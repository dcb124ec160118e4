/** What reading a document costs in this process, beside what sax alone takes for it. */
import { readFileSync } from 'node:fs';
import sax from 'sax';
import { Reader } from '../../src/idmef/read.ts';
import { FrameWriter } from '../../src/prelude/frame.ts';
import { single } from './documents.ts';
import { median } from './rounds.ts';

/** Microseconds a document. */
export interface Reading {
  readonly sax: number;
  readonly reader: number;
}

const WARM_UP = 5000;
const DOCUMENTS = 2000;
const ROUNDS = 9;

const document = readFileSync(single);

/** With the handlers that it needs to do its work, which do nothing. */
function readWithSax(): void {
  const parser = sax.parser(true, { position: false, strictEntities: true });
  const nothing = (): void => undefined;
  parser.onopentag = parser.onclosetag = parser.ontext = parser.onattribute = nothing;
  parser.write(document.toString());
}

/** As a gateway does: to frames. */
function readToFrames(): void {
  const frames = new FrameWriter(new Uint8Array());
  const reader = new Reader({
    message: (message) => {
      frames.write(message);
    },
  });
  reader.write(document);
  reader.end();
  frames.finish();
}

function time(action: () => void): number {
  const before = process.cpuUsage();
  for (let count = 0; count < DOCUMENTS; count++) action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / DOCUMENTS;
}

/** By turns, medians. */
export function measureReading(): Reading {
  for (let count = 0; count < WARM_UP; count++) {
    readWithSax();
    readToFrames();
  }
  const rounds = Array.from({ length: ROUNDS }, () => [time(readWithSax), time(readToFrames)]);
  const middle = (index: 0 | 1): number => median(rounds.map((round) => round[index] ?? NaN));
  return { sax: middle(0), reader: middle(1) };
}
