/** Several managers that all get every message: sessions fed together. */
import type { Session } from './feed.ts';
import { outcomeOf, type RunResult } from './outcome.ts';

/** The result that decides: the first one that is no delivery, else any. */
function worst(results: readonly RunResult[]): RunResult {
  const bad = results.find((result) => outcomeOf(result).kind !== 'delivered');
  const [first] = results;
  if (first === undefined) throw new Error('a group has a manager');
  return bad ?? first;
}

export class GroupSession implements Session {
  readonly #sessions: readonly Session[];
  /** resolves when one of them has ended: the group is of no use then */
  readonly result: Promise<RunResult>;

  /** @param sessions one or more */
  constructor(sessions: readonly Session[]) {
    this.#sessions = sessions;
    this.result = Promise.race(sessions.map(({ result }) => result));
  }

  /**
   * Starts all sessions of a group.
   * @throws what the first start that fails throws; the sessions that were started are ended then
   */
  static async start(starts: readonly (() => Promise<Session>)[]): Promise<GroupSession> {
    const results = await Promise.allSettled(starts.map((start) => start()));
    const sessions = results.flatMap((result) =>
      result.status === 'fulfilled' ? [result.value] : [],
    );
    const failure = results.find((result) => result.status === 'rejected');
    if (failure === undefined) return new GroupSession(sessions);
    for (const session of sessions) session.stop();
    throw failure.reason;
  }

  get connected(): boolean {
    return this.#sessions.every(({ connected }) => connected);
  }

  get ended(): boolean {
    return this.#sessions.some(({ ended }) => ended);
  }

  async write(bytes: Buffer): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.write(bytes)));
  }

  async finish(): Promise<RunResult> {
    return worst(await Promise.all(this.#sessions.map((session) => session.finish())));
  }

  stop(): void {
    for (const session of this.#sessions) session.stop();
  }
}
