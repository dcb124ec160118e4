/** As a process of its own: what becomes of the times on standard input in the zone of TZ. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { outcome } from './reading.ts';

/** A document with that time. */
export function timeDocument(text: string): Buffer {
  return Buffer.from(
    `<IDMEF-Message><Heartbeat><CreateTime>${text}</CreateTime></Heartbeat></IDMEF-Message>`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const text of readFileSync(0, 'utf8').split('\n'))
    console.log(outcome({ pieces: [timeDocument(text)] }));
