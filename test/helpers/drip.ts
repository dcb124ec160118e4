import { once } from 'node:events';
import { request, type ClientRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a body is to be sent in small pieces. */
export interface Drip {
  pieceSize: number;
  /** How long the whole body takes. */
  durationMs: number;
  /** Called after each piece. */
  onPiece?: () => void;
}

/** POSTs a body in small pieces, spread evenly over a time, and returns the status of the answer. */
export async function drip(url: string, body: Buffer, how: Drip): Promise<number> {
  const headers = { 'content-type': 'application/xml', 'content-length': body.length };
  const outgoing = request(url, { method: 'POST', headers });
  const answer = statusOf(outgoing);
  await Promise.race([answer, writeSlowly(outgoing, body, how)]);
  return answer;
}

async function writeSlowly(outgoing: ClientRequest, body: Buffer, how: Drip): Promise<void> {
  const start = performance.now();
  for (let sent = 0; sent < body.length; sent += how.pieceSize) {
    const early = start + how.durationMs * (sent / body.length) - performance.now();
    if (early > 0) await sleep(early);
    if (outgoing.destroyed) return;
    if (!outgoing.write(body.subarray(sent, sent + how.pieceSize))) await once(outgoing, 'drain');
    how.onPiece?.();
  }
  outgoing.end();
}

function statusOf(outgoing: ClientRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      response.resume().on('end', () => {
        resolve(response.statusCode ?? 0);
      });
    });
  });
}
