/** The queue's directory: rights, lock, what waits, what was rejected, and room for more. */
import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { reason } from '../errors.ts';
import { disk } from '../queue/files.ts';
import { isLocked } from '../queue/lock.ts';
import { countRejected } from '../queue/rejected.ts';
import { segmentNumber } from '../queue/segment.ts';
import { about, amount, type Finding } from './finding.ts';

/** parts of the limit that are left: as good as nothing, and little */
const NO_ROOM = 0.05;
const LITTLE_ROOM = 0.2;

const { ok, warn, fail } = about('queue');

/** The directory, or the one above that it would be made in. */
function existing(directory: string): string {
  const above = dirname(directory);
  return existsSync(directory) || above === directory ? directory : existing(above);
}

/** Bytes of all segments; those that are delivered meanwhile do not count. */
function waitingBytes(directory: string): number {
  return readdirSync(directory)
    .filter((name) => segmentNumber(name) !== undefined)
    .map((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, size) => sum + size, 0);
}

function spaceFinding(directory: string, waiting: number, limit: number): Finding {
  const { bavail, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  const left = Math.max(0, limit - waiting);
  const facts = `${amount(waiting)} of --queue-limit ${amount(limit)} wait, ${amount(free)} are free on the disk`;
  if (left < limit * NO_ROOM)
    return fail(`full: ${facts}; see why nothing is delivered, or raise --queue-limit`);
  if (free < limit * NO_ROOM)
    return fail(`the disk is full: ${facts}; make room, or senders get 503`);
  if (left < limit * LITTLE_ROOM) return warn(`nearly full: ${facts}; see why little is delivered`);
  if (free < left)
    return warn(`${facts}: the disk is full before the queue is; make room or lower --queue-limit`);
  return ok(facts);
}

async function directoryFindings(directory: string, limit: number): Promise<Finding[]> {
  const there = existing(resolve(directory));
  // as much as making it and writing there takes
  accessSync(there, constants.R_OK | constants.W_OK | constants.X_OK);
  if (there !== resolve(directory)) {
    if (!statSync(there).isDirectory()) return [fail(`${there} is not a directory`)];
    return [ok(`${directory} is made at the first start`), spaceFinding(there, 0, limit)];
  }
  const rejected = await countRejected(disk, directory);
  return [
    ok(`${directory} ${isLocked(directory) ? 'in use by a running gateway' : 'is free'}`),
    spaceFinding(directory, waitingBytes(directory), limit),
    ...(rejected === 0
      ? []
      : [
          warn(`${rejected} rejected messages are kept; see secef queue list --queue ${directory}`),
        ]),
  ];
}

/** Looks at the directory, or where it would be made. Leaves no lock and makes nothing. */
export async function checkQueue(directory: string, limit: number): Promise<Finding[]> {
  try {
    return await directoryFindings(directory, limit);
  } catch (error) {
    return [
      fail(
        `${userInfo().username} cannot use ${directory}: ${reason(error)}; the service makes it when it starts, or install -d -m 700 -o GATEWAY-USER ${directory}`,
      ),
    ];
  }
}
