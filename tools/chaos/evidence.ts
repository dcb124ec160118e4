/**
 * What a manager loses that is killed: it has acknowledged to have read it, so no client sends it
 * again, but it has not reported it yet. Such messages stand in its memory or in its spool and
 * nowhere else, which can be seen while it is stopped.
 */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Alerts } from './alert.ts';

/** The messageids in the memory of a process, which should be stopped. */
export function idsInMemory(pid: number, alerts: Alerts): Set<string> {
  const found = new Set<string>();
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    for (const { start, size } of writableRegions(pid)) {
      const bytes = Buffer.alloc(size);
      for (const id of alerts.findIn(bytes.toString('latin1', 0, readRegion(memory, bytes, start))))
        found.add(id);
    }
  } finally {
    closeSync(memory);
  }
  return found;
}

function writableRegions(pid: number): { start: number; size: number }[] {
  const maps = readFileSync(`/proc/${pid}/maps`, 'latin1');
  return [...maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)].map(([, from = '', to = '']) => {
    const start = parseInt(from, 16);
    return { start, size: parseInt(to, 16) - start };
  });
}

function readRegion(memory: number, bytes: Buffer, start: number): number {
  try {
    return readSync(memory, bytes, 0, bytes.length, start);
  } catch {
    return 0; // such as the kernel's own
  }
}

/** The messageids in the files of a folder and of those in it. */
export function idsInFolder(folder: string, alerts: Alerts): Set<string> {
  const found = new Set<string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const text = readIfThere(join(entry.parentPath, entry.name));
    for (const id of alerts.findIn(text)) found.add(id);
  }
  return found;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // it was delivered a moment ago
  }
}
