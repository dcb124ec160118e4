/**
 * `secef queue list|show|retry|drop`: the operator's look into the queue. It needs no gateway and
 * no lock: segments are only read, and what was rejected is the operator's.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { GatewayError, reason } from '../errors.ts';
import { isMissing, type Disk } from './files.ts';
import { REJECTED, RETRY } from './rejected.ts';
import { readSegment } from './scan.ts';
import { segmentNumber } from './segment.ts';

export interface QueueCommand {
  readonly action: 'list' | 'show' | 'retry' | 'drop';
  /** what it is about; list has none */
  readonly name: string;
  /** the queue's directory */
  readonly directory: string;
}

const EXTENSION = '.idmef';

function notThere(name: string): GatewayError {
  return new GatewayError('not-there', `there is no ${name}; see secef queue list`);
}

async function listIfThere(disk: Disk, directory: string): Promise<string[]> {
  try {
    return (await disk.list(directory)).sort();
  } catch {
    return [];
  }
}

/** The reason that is kept beside a file; empty if it could not be written. */
async function whyOf(disk: Disk, path: string): Promise<string> {
  try {
    return (await disk.read(path)).toString().trim();
  } catch {
    return '';
  }
}

/** One line: state, name, messages, bytes, since when, and why. */
async function describe(
  disk: Disk,
  state: string,
  directory: string,
  file: string,
): Promise<string | undefined> {
  const name = file.slice(0, -EXTENSION.length);
  const path = join(directory, file);
  try {
    const { messages, length, createdAt } = await readSegment(disk, path);
    const since = new Date(createdAt).toISOString();
    const why = state === 'rejected' ? await whyOf(disk, join(directory, `${name}.txt`)) : '';
    return `${state}\t${name}\t${messages} messages\t${length} bytes\tsince ${since}\t${why}`.trim();
  } catch (error) {
    if (isMissing(error)) return undefined; // it was delivered a moment ago
    return `unreadable\t${name}\t${reason(error)}`;
  }
}

async function list(disk: Disk, directory: string): Promise<string> {
  const lines: (string | undefined)[] = [];
  for (const file of await listIfThere(disk, directory))
    if (segmentNumber(file) !== undefined)
      lines.push(await describe(disk, 'waiting', directory, file));
  for (const [state, folder] of [
    ['rejected', REJECTED],
    ['retry', RETRY],
  ] as const)
    for (const file of await listIfThere(disk, join(directory, folder)))
      if (file.endsWith(EXTENSION))
        lines.push(await describe(disk, state, join(directory, folder), file));
  const there = lines.filter((line) => line !== undefined);
  return there.length === 0 ? 'nothing waits and nothing was rejected' : there.join('\n');
}

/** The file of that name, waiting or rejected. */
async function find(disk: Disk, directory: string, name: string): Promise<string> {
  for (const folder of [directory, join(directory, REJECTED)])
    if ((await listIfThere(disk, folder)).includes(name + EXTENSION))
      return join(folder, name + EXTENSION);
  throw notThere(name);
}

async function show(path: string): Promise<void> {
  const child = spawn('prelude-admin', ['print', path], { stdio: 'inherit' });
  await once(child, 'close').catch((cause: unknown) => {
    throw new GatewayError('configuration', 'prelude-admin is not installed', { cause });
  });
}

async function rejectedPath(disk: Disk, directory: string, name: string): Promise<string> {
  const rejected = join(directory, REJECTED);
  if (!(await listIfThere(disk, rejected)).includes(name + EXTENSION)) throw notThere(name);
  return join(rejected, name);
}

async function retry(disk: Disk, directory: string, name: string): Promise<string> {
  const path = await rejectedPath(disk, directory, name);
  const { messages, exclusions } = await readSegment(disk, path + EXTENSION);
  if (messages === 0 || exclusions.length > 0)
    throw new GatewayError(
      'not-there',
      `${name} is damaged and cannot be sent; secef queue show ${name} prints what can be read of it`,
    );
  await disk.makeDirectory(join(directory, RETRY));
  await disk.rename(path + EXTENSION, join(directory, RETRY, name + EXTENSION));
  await disk.removeIfThere(`${path}.txt`);
  return `${name} goes back into the queue within seconds, or when the gateway is started`;
}

async function drop(disk: Disk, directory: string, name: string): Promise<string> {
  const path = await rejectedPath(disk, directory, name);
  await disk.remove(path + EXTENSION);
  await disk.removeIfThere(`${path}.txt`);
  return `${name} is gone`;
}

/**
 * Runs the command.
 * @returns what to print
 * @throws GatewayError not-there, configuration
 */
export async function runQueueCommand(
  { action, name, directory }: QueueCommand,
  disk: Disk,
): Promise<string> {
  switch (action) {
    case 'list':
      return list(disk, directory);
    case 'show':
      await show(await find(disk, directory, name));
      return '';
    case 'retry':
      return retry(disk, directory, name);
    case 'drop':
      return drop(disk, directory, name);
  }
}
