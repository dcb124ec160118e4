/** What a test has to be undone with: a test's context, or `{ after }` of node:test for a whole file. */
export interface Scope {
  after(undo: () => Promise<void>): void;
}

interface Undo {
  orderly: () => Promise<void>;
  atOnce: () => void;
}

const perScope = new WeakMap<Scope, Undo[]>();
const pending = new Set<Undo>();

/**
 * Calls `orderly` when the scope has ended, newest first, whether or not its test failed. Should this
 * process be interrupted before that, `atOnce` is called instead, which cannot wait for anything.
 */
export function onEnd(scope: Scope, orderly: () => Promise<void>, atOnce: () => void): void {
  const undo = { orderly, atOnce };
  pending.add(undo);
  const known = perScope.get(scope);
  if (known !== undefined) {
    known.push(undo);
    return;
  }
  const undos = [undo];
  perScope.set(scope, undos);
  scope.after(() => undoAll(undos));
}

async function undoAll(undos: Undo[]): Promise<void> {
  const errors: unknown[] = [];
  for (let undo = undos.pop(); undo !== undefined; undo = undos.pop()) {
    try {
      await undo.orderly();
      pending.delete(undo);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `clean-up failed: ${errors.join('; ')}`);
}

function undoAtOnce(): void {
  for (const undo of [...pending].reverse()) {
    pending.delete(undo);
    try {
      undo.atOnce();
    } catch (error) {
      console.error(error);
    }
  }
}

process.on('exit', undoAtOnce);
for (const [signal, status] of [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    process.exit(status);
  });
}

// A test runner that has been killed takes nobody with it.
const runner = process.ppid;
setInterval(() => {
  if (process.ppid !== runner) process.exit(1);
}, 500).unref();
