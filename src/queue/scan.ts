/** Reads all of a segment, verifies it, and says what it holds. */
import { basename } from 'node:path';
import { NOTHING_ACKNOWLEDGED, type OwnSegment } from './append.ts';
import type { Disk } from './files.ts';
import { Quarantine } from './quarantine.ts';
import { SegmentReader } from './reader.ts';
import { segmentSeed } from './segment.ts';

/** bytes of whole requests that are looked at together */
const BLOCK = 64 * 1024;

/**
 * The segment in a file, sealed: the messages of its intact requests are counted, and what is not
 * intact is excluded.
 * @throws Error if it cannot be read
 */
export async function readSegment(disk: Disk, path: string): Promise<OwnSegment> {
  const file = await disk.openRead(path);
  const length = await file.size().finally(() => file.close());
  const segment: OwnSegment = {
    ...{ path, seed: segmentSeed(basename(path)), length, messages: 0, sealed: true },
    ...{ createdAt: await disk.createdAt(path), exclusions: [] },
    ...{ acknowledged: NOTHING_ACKNOWLEDGED, unreadableSince: undefined },
  };
  const quarantine = new Quarantine(disk);
  const reader = new SegmentReader({
    ...{ disk, segment, from: 0 },
    damaged: (range) => {
      quarantine.excludeDamaged(segment, range);
      return Promise.resolve();
    },
  });
  try {
    for (;;) {
      const piece = await reader.next(BLOCK);
      if (piece === undefined) return segment;
      segment.messages += piece.messages;
    }
  } finally {
    await reader.close();
  }
}
