/** One run of `prelude-admin send PROFILE ADDRESS /dev/stdin`: fed, watched, and ended. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { reason } from '../errors.ts';
import { dieWithParent } from './child.ts';
import { tellsOfConnectionError, type RunResult } from './outcome.ts';
import { Pipe } from './pipe.ts';
import type { Session } from './feed.ts';

export interface AdminOptions {
  /** the program, found on PATH */
  readonly program: string;
  readonly profile: string;
  readonly address: string;
  /** its standard input; Pipe.make by default */
  readonly makePipe?: () => Promise<Pipe>;
  /** milliseconds without progress after which the run is ended */
  readonly patience: number;
  /** the manager has let it in */
  readonly connected: () => void;
}

/** With TLS debug output prelude-admin shows each packet and the manager's close notify. */
export const TLS_DEBUG = '5';
/** libprelude says so when both have shown their certificates and the manager has agreed */
const CONNECTED = 'authentication succeed';
export const CLOSE_NOTIFY = 'Alert[1|0] - Close notify - was received';
/** longest line of the debug output that matters */
const LINE_LIMIT = 4096;
const STDERR_LIMIT = 8192;
const WAKE_INTERVAL = 100;
/** between TERM and KILL */
const GRACE = 5000;

/** A running `prelude-admin send`. */
export class AdminSession implements Session {
  readonly #options: AdminOptions;
  readonly #pipe: Pipe;
  readonly #child: ChildProcess;
  #spawnError: string | undefined;
  /** a write into its standard input failed */
  #writeError: string | undefined;
  #connected = false;
  #closeNotify = false;
  #stdoutRest = '';
  #stderr = '';
  /** standard error when it told of a failed connection */
  #connectionError: string | undefined;
  #hung = false;
  /** its input was ended before it ended itself */
  #finished = false;
  #ended = false;
  #lastProgress = performance.now();
  /** waits for the child: a pause is no sign of work then */
  #waiting = 0;
  readonly #watch: NodeJS.Timeout;
  /** resolves when it has ended, however */
  readonly result: Promise<RunResult>;

  private constructor(options: AdminOptions, pipe: Pipe) {
    this.#options = options;
    this.#pipe = pipe;
    const { program, profile, address } = options;
    const { command, args } = dieWithParent(program, ['send', profile, address, '/dev/stdin']);
    this.#child = spawn(command, args, {
      stdio: [pipe.reader, 'pipe', 'pipe'],
      env: { ...process.env, LIBPRELUDE_TLS_DEBUG: TLS_DEBUG },
      // a Ctrl-C in the gateway's terminal is for the gateway, which ends the session in good order
      detached: true,
    });
    // what was written may not have arrived: this session cannot be acknowledged any more
    pipe.writer.on('error', (error) => {
      this.#writeError = reason(error);
      this.stop();
    });
    this.#child.stdout?.setEncoding('latin1').on('data', (text: string) => {
      this.#onStdout(text);
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#onStderr(text);
    });
    this.#watch = setInterval(
      () => {
        this.#look();
      },
      Math.min(1000, options.patience / 4),
    );
    this.result = this.#wait();
  }

  static async start(options: AdminOptions): Promise<AdminSession> {
    const { makePipe = () => Pipe.make() } = options;
    return new AdminSession(options, await makePipe());
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** It has ended; nothing can be written any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Writes to its standard input; resolves when there is room for more, or when it has ended. */
  async write(bytes: Buffer): Promise<void> {
    const { writer } = this.#pipe;
    if (this.#ended || writer.destroyed) return;
    if (writer.write(bytes)) return;
    const done = new AbortController();
    const { signal } = done;
    await this.#whileWaiting(
      Promise.race([
        once(writer, 'drain', { signal }),
        once(writer, 'close', { signal }),
        this.result,
      ]),
    );
    done.abort(); // takes the listeners away
  }

  /** Ends its standard input; it delivers the rest and asks the manager for the acknowledgement. */
  async finish(): Promise<RunResult> {
    this.#finished = !this.#ended;
    this.#pipe.writer.end();
    const waker = setInterval(() => {
      this.#pipe.wakeOpener();
    }, WAKE_INTERVAL);
    await this.#whileWaiting(this.result);
    clearInterval(waker);
    return this.result;
  }

  /** TERM, and KILL if that does not help. */
  stop(): void {
    if (this.#ended) return;
    this.#child.kill('SIGTERM');
    setTimeout(() => {
      if (!this.#ended) this.#child.kill('SIGKILL');
    }, GRACE).unref();
  }

  async #whileWaiting(what: Promise<unknown>): Promise<void> {
    this.#waiting++;
    this.#lastProgress = performance.now();
    try {
      await what;
    } catch {
      // the writer failed: its exit says more
    } finally {
      this.#waiting--;
    }
  }

  #onStdout(text: string): void {
    this.#lastProgress = performance.now();
    const lines = this.#stdoutRest + text;
    if (!this.#connected && lines.includes(CONNECTED)) {
      this.#connected = true;
      this.#options.connected();
    }
    if (lines.includes(CLOSE_NOTIFY)) this.#closeNotify = true;
    this.#stdoutRest = lines.slice(lines.lastIndexOf('\n') + 1).slice(-LINE_LIMIT);
  }

  #onStderr(text: string): void {
    // the end is what counts: the reason comes last
    this.#stderr = (this.#stderr + text).slice(-STDERR_LIMIT);
    if (!tellsOfConnectionError(this.#stderr)) return;
    this.#connectionError ??= this.#stderr;
    this.stop();
  }

  #look(): void {
    if (this.#waiting === 0 || performance.now() - this.#lastProgress < this.#options.patience)
      return;
    this.#hung = true;
    this.stop();
  }

  async #wait(): Promise<RunResult> {
    await new Promise((resolve) => {
      this.#child.once('close', resolve);
      this.#child.once('error', (error) => {
        this.#spawnError = reason(error);
        // a child that could not be started does not close
        if (this.#child.pid === undefined) resolve(undefined);
      });
    });
    this.#ended = true;
    clearInterval(this.#watch);
    const inputRead = this.#finished && !this.#pipe.hasUnread();
    this.#pipe.close();
    return {
      inputRead,
      exitCode: this.#child.exitCode ?? undefined,
      signal: this.#child.signalCode ?? undefined,
      spawnError: this.#spawnError,
      writeError: this.#writeError,
      closeNotify: this.#closeNotify,
      stderr: this.#connectionError ?? this.#stderr,
      hung: this.#hung,
    };
  }
}
