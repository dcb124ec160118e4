/** Does one thing after the other. */
export class Lock {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs the action when all earlier ones have ended. */
  async run<T>(action: () => Promise<T>): Promise<T> {
    const run = this.#last.then(action);
    this.#last = run.catch(() => undefined);
    return run;
  }
}
