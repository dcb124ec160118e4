import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { onEnd, type Scope } from './cleanup.ts';
import { until, type Condition } from './until.ts';

/** How a process ended: one of the two is not null. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A long-running child in a process group of its own, which does not outlive the scope it was started for. */
export class Service {
  /** Complete lines of standard output so far. */
  readonly stdout: string[] = [];
  /** Complete lines of standard error so far. */
  readonly stderr: string[] = [];
  /** Settles when the process has ended and all its output has been read. */
  readonly exited: Promise<Exit>;
  /** Set once the process has ended. */
  exit: Exit | undefined;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #name: string;
  readonly #lines: Interface;

  constructor(scope: Scope, command: string, args: string[], env: NodeJS.ProcessEnv = {}) {
    this.#name = [command, ...args].join(' ');
    this.#child = spawn(command, args, {
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = this.#end();
    this.#lines = createInterface({ input: this.#child.stdout });
    this.onLine((line) => this.stdout.push(line));
    createInterface({ input: this.#child.stderr }).on('line', (line) => this.stderr.push(line));
    onEnd(
      scope,
      async () => {
        await this.stop();
        this.#signalGroup('SIGKILL');
      },
      () => {
        this.#signalGroup('SIGKILL');
      },
    );
  }

  /** The process's id. */
  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`not started: ${this.#name}`);
    return pid;
  }

  /** The name, the state and the last lines of output, for error messages. */
  describe(): string {
    const state = this.exit === undefined ? 'running' : `ended, ${JSON.stringify(this.exit)}`;
    const output = [...this.stdout.slice(-15), ...this.stderr.slice(-15)];
    return [`${this.#name} (${state})`, ...output].join('\n  ');
  }

  /** Does something at the very moment when a line of standard output comes. */
  onLine(action: (line: string) => void): void {
    this.#lines.on('line', action);
  }

  /** Waits for a condition; gives up early when the process ends. */
  waitFor<T>(condition: Condition<T>, timeoutMs: number, what: string): Promise<T> {
    return until(
      async () => {
        const ended = this.exit !== undefined;
        const value = await condition();
        const met = value !== undefined && value !== false;
        if (ended && !met) throw new Error(`no ${what}: ${this.describe()}`);
        return value;
      },
      timeoutMs,
      () => `${what}: ${this.describe()}`,
    );
  }

  /** Sends a signal to the process alone, as a service manager or an administrator would. */
  signal(signal: NodeJS.Signals): void {
    if (this.exit === undefined) this.#child.kill(signal);
  }

  /** Sends a signal to the process and to everything it has started. */
  signalAll(signal: NodeJS.Signals): void {
    if (this.exit === undefined) this.#signalGroup(signal);
  }

  /** Asks the process to end with SIGTERM and, if it has not done so in time, kills it. */
  async stop(patienceMs = 15_000): Promise<Exit> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => {
      this.signalAll('SIGKILL');
    }, patienceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Kills the process with SIGKILL, but not what it has started. */
  async kill(): Promise<Exit> {
    this.signal('SIGKILL');
    return this.exited;
  }

  /** Resident memory in bytes. */
  get rss(): number {
    return rssOf(this.pid);
  }

  async #end(): Promise<Exit> {
    const closed = once(this.#child, 'close');
    await once(this.#child, 'exit');
    // Something that it has started may keep the output open for longer.
    await Promise.race([closed, sleep(1000, undefined, { ref: false })]);
    this.exit = { code: this.#child.exitCode, signal: this.#child.signalCode };
    return this.exit;
  }

  #signalGroup(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch {
      // The group is gone, which is what was wanted.
    }
  }
}

/** The resident memory of a process in bytes; 0 when it has ended. */
export function rssOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Whether the process runs; one that has ended and was not waited for does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** The processes that a process has started and not waited for. */
export function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}
