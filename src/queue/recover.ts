/**
 * What is in the directory at the start: reads every segment and verifies every request.
 *
 * A crash leaves a torn tail in the newest segment: part of requests that were not answered 200. It
 * cannot be told from damage to the last request. So it is kept for the operator, as everything is
 * that does not fit, unless it is only zeros; then it is cut off. In other segments it is damage: the
 * disk does not give back what was synced.
 *
 * One file that cannot be read or kept does not concern the others.
 */
import { join } from 'node:path';
import type { Exclusion, OwnSegment } from './append.ts';
import type { QueueEvents } from './events.ts';
import { quietly, type Disk } from './files.ts';
import { Quarantine } from './quarantine.ts';
import { readSegment } from './scan.ts';
import { moveAside } from './rejected.ts';
import { segmentNumber } from './segment.ts';

/** The names of the segments in a directory, by age. */
export async function segmentNames(disk: Disk, directory: string): Promise<string[]> {
  const names = await disk.list(directory);
  return names.filter((name) => segmentNumber(name) !== undefined).sort();
}

export class Recovery {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #events: QueueEvents;
  readonly #quarantine: Quarantine;

  constructor(disk: Disk, directory: string, events: QueueEvents) {
    this.#disk = disk;
    this.#directory = directory;
    this.#events = events;
    this.#quarantine = new Quarantine(disk);
  }

  /**
   * Recovers one segment.
   * @param newest whether a crash can have left a torn tail in it
   * @returns undefined if it has nothing to deliver: then it is no segment any more
   * @throws if it cannot be read
   */
  async recover(name: string, newest: boolean): Promise<OwnSegment | undefined> {
    const segment = await readSegment(this.#disk, join(this.#directory, name));
    const tail = segment.exclusions.at(-1);
    const torn =
      newest && tail !== undefined && tail.offset + tail.length === segment.length
        ? tail
        : undefined;
    if (segment.messages === 0 && (await this.#removeUseless(segment, newest, torn)))
      return undefined;
    if (torn !== undefined) await this.#cutTorn(segment, torn);
    for (const exclusion of segment.exclusions) await this.#keepDamaged(segment, exclusion);
    return segment;
  }

  /** Tells of numbers that are missing in the names of segments. */
  reportGaps(names: readonly string[]): void {
    names.forEach((name, index) => {
      const before = segmentNumber(names[index - 1] ?? '');
      const missing = (segmentNumber(name) ?? 0) - (before ?? NaN) - 1;
      if (missing > 0) this.#events.gap({ segment: join(this.#directory, name), missing });
    });
  }

  /** Removes a segment without an intact request; what it holds is kept. @returns whether it is gone */
  async #removeUseless(
    segment: OwnSegment,
    newest: boolean,
    torn: Exclusion | undefined,
  ): Promise<boolean> {
    const { path, length: bytes } = segment;
    try {
      if (newest && bytes === 0) {
        await this.#disk.remove(path);
        return true;
      }
      const range = { offset: 0, length: bytes };
      const kept = (await this.#quarantine.isZeros(segment, range))
        ? undefined
        : await moveAside(this.#disk, this.#directory, path, torn === undefined ? DAMAGED : TORN);
      if (kept === undefined) await this.#disk.remove(path);
      if (torn !== undefined) this.#events.torn({ segment: path, bytes, kept });
      else this.#events.damaged({ segment: path, offset: 0, bytes, kept });
      return true;
    } catch {
      return false; // its parts are kept as they are
    }
  }

  /** Keeps the torn tail and cuts it off. Without room for a copy the original stays as it is. */
  async #cutTorn(segment: OwnSegment, torn: Exclusion): Promise<void> {
    const { path } = segment;
    torn.why = TORN;
    await quietly(async () => {
      if (!(await this.#quarantine.isZeros(segment, torn)))
        await this.#quarantine.keep(segment, torn);
      const file = await this.#disk.openAppend(path);
      try {
        await file.truncate(torn.offset);
        segment.length = torn.offset;
        segment.exclusions = segment.exclusions.filter((exclusion) => exclusion !== torn);
        await file.sync();
      } finally {
        await file.close();
      }
    });
    this.#events.torn({ segment: path, bytes: torn.length, kept: torn.kept });
  }

  async #keepDamaged(segment: OwnSegment, exclusion: Exclusion): Promise<void> {
    if (exclusion.why === TORN) return;
    await quietly(() => this.#quarantine.keep(segment, exclusion));
    const { offset, length: bytes, kept } = exclusion;
    this.#events.damaged({ segment: segment.path, offset, bytes, kept });
  }
}

const TORN = 'a crash left part of a request that was not answered 200, or its bytes are damaged';
const DAMAGED =
  'the disk gave back other bytes than were written; there is no intact request in them';
