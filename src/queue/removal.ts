/** Removes the segments that managers have acknowledged in full. */
import { GatewayError, reason } from '../errors.ts';
import type { OwnSegment } from './append.ts';
import type { QueueEvents } from './events.ts';
import { isMissing, type Disk } from './files.ts';
import type { Quarantine } from './quarantine.ts';
import type { SegmentList } from './segment-list.ts';

export interface RemovalOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly segments: SegmentList;
  readonly quarantine: Quarantine;
  readonly events: QueueEvents;
  /** Called after segments were removed. */
  readonly changed: () => void;
}

export class Removal {
  readonly #options: RemovalOptions;
  /** the last removal; it never rejects */
  #last: Promise<void> = Promise.resolve();

  constructor(options: RemovalOptions) {
    this.#options = options;
  }

  /**
   * Removes all sealed segments that managers have in full, after those that an earlier call removes.
   * A failure is reported as an event; the next call tries again.
   */
  removeDone(): Promise<void> {
    this.#last = this.#last.then(() => this.#removeAll());
    return this.#last;
  }

  /** Resolves when no removal runs. */
  idle(): Promise<void> {
    return this.#last;
  }

  async #removeAll(): Promise<void> {
    const { disk, directory, segments, events, changed } = this.#options;
    const done = segments.all.filter((own) => own.sealed && isDone(own));
    if (done.length === 0) return;
    try {
      for (const own of done) await this.#remove(own);
      await disk.syncDirectory(directory);
    } catch (cause) {
      const message = `cannot remove what was delivered: ${reason(cause)}; tries again`;
      events.failed(new GatewayError('queue-failed', message, { cause }));
    }
    changed();
  }

  async #remove(own: OwnSegment): Promise<void> {
    const { disk, segments, quarantine } = this.#options;
    try {
      await quarantine.keepAll(own);
      await disk.removeIfThere(own.path);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    segments.remove(own);
  }
}

/** Whether managers have all of a segment. */
export function isDone({ acknowledged, length }: OwnSegment): boolean {
  return length > 0 && acknowledged.length >= length;
}
