/** The queue on a ModelDisk, beside what a test knows of the requests that it has sent. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { GatewayError } from '../../src/errors.ts';
import { Queue, type Delivered } from '../../src/queue/queue.ts';
import { takeRetries } from '../../src/queue/retries.ts';
import { share, type Source } from '../../src/queue/share.ts';
import { recordEvents } from './events.ts';
import { frameNames, request } from './frames.ts';
import { ModelDisk, type Crash } from './model-disk.ts';

const DIRECTORY = '/queue';
const BLOCK = 1000;
const FRAME_HEADER = 16;
/** bytes; small enough that the steps of a test reach it */
const LIMIT = 4000;
export const MANAGERS = 2;

interface SentFrame {
  readonly name: string;
  /** bytes of the payload */
  readonly size: number;
  /** was set aside at least once; it may be in the queue more than once from then on */
  aside: boolean;
  /** the managers that have it */
  readonly delivered: Set<number>;
}

interface SentRequest {
  readonly frames: readonly SentFrame[];
  acknowledged: boolean;
}

/** What has happened in all models of a test. */
export const counts = {
  ...{ crashes: 0, acknowledged: 0, failed: 0, full: 0 },
  ...{ delivered: 0, setAside: 0, retried: 0, unreadable: 0 },
};

function codeOf(error: unknown): string {
  assert.ok(error instanceof GatewayError, `an error without a code: ${String(error)}`);
  return error.code;
}

export class Model {
  readonly disk = new ModelDisk();
  readonly #requests: SentRequest[] = [];
  readonly #frames = new Map<string, SentFrame>();
  #queue: Queue | undefined;
  #sources: readonly Source[] = [];

  get queue(): Queue {
    assert.ok(this.#queue);
    return this.#queue;
  }

  async open(): Promise<void> {
    this.#queue = await Queue.open({
      ...{ directory: DIRECTORY, limit: LIMIT, disk: this.disk, events: recordEvents() },
    });
    this.#sources = share(this.#queue, MANAGERS);
  }

  /** Closes the queue and opens it again, at first with these operations failing. */
  async reopen(failing: readonly number[]): Promise<void> {
    await this.queue.close();
    this.disk.failAt(failing);
    const before = this.disk.failures;
    try {
      await this.open();
      await this.queue.close();
    } catch (error) {
      assert.equal(codeOf(error), 'system-error');
      assert.ok(this.disk.failures > before, 'nothing failed, but the queue cannot be opened');
    }
    this.disk.failAt([]);
    await this.open();
  }

  async crash(crash: Crash): Promise<void> {
    counts.crashes++;
    this.disk.crash(crash);
    await this.open();
  }

  /** Appends requests at the same moment. @param all the sizes of their frames */
  async append(all: readonly (readonly number[])[]): Promise<void> {
    const before = this.disk.failures;
    let room = LIMIT - this.queue.bytes;
    await Promise.all(
      all.map(async (sizes) => {
        const sent = this.#send(sizes);
        const bytes = request(sent.name, sizes);
        const isTooLarge = bytes.length > room;
        if (!isTooLarge) room -= bytes.length;
        try {
          await this.queue.append(bytes, sizes.length);
          sent.request.acknowledged = true;
          counts.acknowledged++;
          assert.ok(!isTooLarge, 'the queue takes more than its limit');
        } catch (error) {
          if (isTooLarge) assert.equal(codeOf(error), 'queue-full');
          else {
            assert.equal(codeOf(error), 'queue-failed');
            assert.ok(this.disk.failures > before, 'nothing failed, but a request is refused');
          }
          counts[isTooLarge ? 'full' : 'failed']++;
        }
      }),
    );
  }

  #send(sizes: readonly number[]): { name: string; request: SentRequest } {
    const name = `r${this.#requests.length}`;
    const frames = sizes.map((size, index) => {
      const frame = { name: `${name}/${index}`, size, aside: false, delivered: new Set<number>() };
      this.#frames.set(frame.name, frame);
      return frame;
    });
    const sent = { frames, acknowledged: false };
    this.#requests.push(sent);
    return { name, request: sent };
  }

  /** A manager gets and acknowledges at most that many pieces of each segment. */
  async deliver(manager: number, pieces: number): Promise<void> {
    const source = this.#source(manager);
    const delivered: Delivered[] = [];
    for (const segment of source.segments) {
      const reader = source.read(segment);
      let { messages } = source.acknowledged(segment);
      try {
        for (let i = 0; i < pieces; i++) {
          const piece = await reader.next(BLOCK);
          if (piece === undefined) break;
          messages += piece.messages;
          for (const name of frameNames(piece.bytes)) this.#frame(name).delivered.add(manager);
          counts.delivered += piece.messages;
        }
        delivered.push({ segment, length: reader.offset, messages });
      } catch (error) {
        source.unreadable(segment, error);
        counts.unreadable++;
      } finally {
        await reader.close();
      }
    }
    await source.acknowledge(delivered);
  }

  /** Sets one frame aside that is in the queue. */
  async setAside(choice: number): Promise<void> {
    const found = await this.disk.calmly(() => this.#findFrame(choice));
    if (found === undefined) return;
    const { segment, offset, frame } = found;
    const length = FRAME_HEADER + frame.size;
    frame.aside = true;
    await this.queue.setAside(segment, { offset, length }, 'a test');
    counts.setAside++;
  }

  async #findFrame(
    choice: number,
  ): Promise<(Pick<Delivered, 'segment'> & { offset: number; frame: SentFrame }) | undefined> {
    const found = [];
    for (const segment of this.queue.segments) {
      const reader = this.queue.read(segment, 0);
      for (let piece; (piece = await reader.next(1)) !== undefined;) {
        // the names of the rest of a request do not tell where its frames are
        if (piece.excluded.length > 0) continue;
        let { offset } = piece;
        for (const name of frameNames(piece.bytes)) {
          const frame = this.#frame(name);
          found.push({ segment, offset, frame });
          offset += FRAME_HEADER + frame.size;
        }
      }
      await reader.close();
    }
    return found[choice % found.length];
  }

  /** A frame is set aside; the operator moves all of them to retry/, from where they are taken back. */
  async retry(choice: number): Promise<void> {
    const { disk } = this;
    await disk.calmly(() => this.setAside(choice));
    const [from, to] = [join(DIRECTORY, 'rejected'), join(DIRECTORY, 'retry')];
    await disk.calmly(async () => {
      for (const name of await disk.list(from))
        if (name.endsWith('.idmef')) await disk.rename(join(from, name), join(to, name));
      await disk.syncDirectory(from);
    });
    const before = disk.failures;
    const options = { queue: this.queue, disk, directory: DIRECTORY, events: recordEvents() };
    try {
      counts.retried += await takeRetries({ ...options, now: () => 1e6 });
    } catch (error) {
      const code = codeOf(error);
      assert.ok(
        code === 'queue-full' || this.disk.failures > before,
        `${code}, but nothing failed`,
      );
    }
  }

  /** Nothing that was acknowledged is lost, and no request is torn or there twice. */
  async check(): Promise<void> {
    await this.disk.calmly(async () => {
      const all = await this.#namesFor();
      const perManager = [];
      for (const source of this.#sources) perManager.push(await this.#namesFor(source));
      const onDisk = Buffer.concat(this.disk.bytesOf('.idmef')).toString('latin1');
      for (const sent of this.#requests) {
        checkWhole(sent.frames, all);
        if (sent.acknowledged)
          for (const frame of sent.frames) checkKept(frame, perManager, onDisk);
      }
    });
  }

  /** Names of all frames in the queue, or of those that a manager does not have yet, with how often. */
  async #namesFor(source?: Source): Promise<Map<string, number>> {
    const names = new Map<string, number>();
    for (const segment of this.queue.segments) {
      const reader = source?.read(segment) ?? this.queue.read(segment, 0);
      for (let piece; (piece = await reader.next(BLOCK)) !== undefined;)
        for (const name of frameNames(piece.bytes)) names.set(name, (names.get(name) ?? 0) + 1);
      await reader.close();
    }
    return names;
  }

  #source(manager: number): Source {
    const source = this.#sources[manager];
    assert.ok(source);
    return source;
  }

  #frame(name: string): SentFrame {
    const frame = this.#frames.get(name);
    assert.ok(frame, `${name} was never sent`);
    return frame;
  }
}

function checkWhole(frames: readonly SentFrame[], names: ReadonlyMap<string, number>): void {
  const there = frames.filter(({ aside }) => !aside).map(({ name }) => names.get(name) ?? 0);
  assert.ok(
    there.every((count) => count === there[0] && count <= 1),
    `${frames[0]?.name} is torn or there twice: ${there.join(' ')}`,
  );
}

function checkKept(
  { name, aside, delivered }: SentFrame,
  perManager: readonly ReadonlyMap<string, number>[],
  onDisk: string,
): void {
  perManager.forEach((names, manager) => {
    if (delivered.has(manager)) return;
    // what was set aside may be in the queue again, or among what is kept or retried
    if (aside) assert.ok(onDisk.includes(`${name}.`), `${name} was set aside and is lost`);
    else assert.equal(names.get(name), 1, `${name} is lost for manager ${manager}`);
  });
}
