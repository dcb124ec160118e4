/** QUEUE/retry: what the operator wants to be delivered after all goes back into the queue. */
import { join } from 'node:path';
import { toGatewayError } from '../errors.ts';
import type { QueueEvents } from './events.ts';
import type { Disk } from './files.ts';
import type { Queue } from './queue.ts';
import { moveAside, RETRY } from './rejected.ts';
import { readRequest } from './segment.ts';

/** a file that was written since then may not be complete */
const SETTLED_MS = 3000;

const DAMAGED = 'it was in retry/, but is no sequence of intact requests';

interface Requests {
  readonly requests: readonly Buffer[];
  readonly messages: number;
}

/** The requests of a file; undefined if it is not intact as a whole. */
function split(bytes: Buffer): Requests | undefined {
  const requests = [];
  let messages = 0;
  for (let at = 0; at < bytes.length;) {
    const found = readRequest(bytes, at, 0);
    if (found.kind !== 'intact') return undefined;
    requests.push(bytes.subarray(at, found.end));
    messages += found.messages;
    at = found.end;
  }
  return requests.length === 0 ? undefined : { requests, messages };
}

export interface RetryOptions {
  readonly queue: Queue;
  readonly disk: Disk;
  readonly directory: string;
  readonly events: QueueEvents;
  /** milliseconds since 1970 */
  readonly now?: () => number;
}

async function list(disk: Disk, directory: string): Promise<readonly string[]> {
  try {
    return (await disk.list(directory)).filter((file) => file.endsWith('.idmef')).sort();
  } catch {
    return []; // there has been none
  }
}

/**
 * Takes back all files of QUEUE/retry, each with all its requests or not at all. One that is not
 * intact goes back to QUEUE/rejected.
 * @returns how many messages were taken
 * @throws GatewayError queue-full, queue-failed: the files that are left are taken later
 */
export async function takeRetries({
  queue,
  disk,
  directory,
  events,
  now = Date.now,
}: RetryOptions): Promise<number> {
  const from = join(directory, RETRY);
  let taken = 0;
  let failure: unknown;
  for (const file of await list(disk, from)) {
    const path = join(from, file);
    try {
      if (Math.abs(now() - (await disk.modifiedAt(path))) < SETTLED_MS) continue;
      const found = split(await disk.read(path));
      if (found === undefined) {
        const kept = await moveAside(disk, directory, path, DAMAGED);
        events.retryRefused({ file, kept });
        continue;
      }
      await queue.appendAll(found.requests, found.messages);
      taken += found.messages;
      await disk.remove(path);
    } catch (error) {
      failure ??= error; // the others are taken all the same
    }
  }
  if (failure !== undefined && taken === 0) throw toGatewayError(failure);
  return taken;
}
