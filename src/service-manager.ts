/**
 * What systemd hands to a service, and what it wants to hear of it: sd_listen_fds(3), sd_notify(3),
 * sd_watchdog_enabled(3). Under anything else there is nothing to take and nobody to tell.
 */
import { execFile } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { promisify } from 'node:util';
import { GatewayError, reason } from './errors.ts';

const run = promisify(execFile);

/** Node cannot send datagrams over a Unix socket; this program of systemd's own can. */
const PROGRAM = 'systemd-notify';
/** systemd-notify waits until systemd has read what it sent; for so many milliseconds at most */
const PATIENCE = 10_000;
/** SD_LISTEN_FDS_START */
const FIRST_FD = 3;
const VARIABLES = [
  'LISTEN_PID',
  'LISTEN_FDS',
  'LISTEN_FDNAMES',
  'NOTIFY_SOCKET',
  'WATCHDOG_PID',
  'WATCHDOG_USEC',
] as const;

/** A socket that was listening before this process and goes on after it. */
export interface PassedSocket {
  readonly fd: number;
  /** the unit it belongs to, such as secef.socket */
  readonly name: string;
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}

function passedSocket(env: NodeJS.ProcessEnv, pid: number): PassedSocket | undefined {
  // meant for another process, whose environment was inherited
  if (env['LISTEN_PID'] !== String(pid)) return undefined;
  const count = Number(env['LISTEN_FDS'] ?? 0);
  if (count === 0) return undefined;
  const name = env['LISTEN_FDNAMES'] ?? `file descriptor ${FIRST_FD}`;
  // nobody would ever accept what comes to the others
  if (count !== 1)
    throw new GatewayError(
      'configuration',
      `systemd passes ${count} sockets (${name}) and not one; let secef.socket have one ListenStream`,
    );
  if (!isSocket(FIRST_FD))
    throw new GatewayError('configuration', `what systemd passes as ${name} is no socket`);
  return { fd: FIRST_FD, name };
}

/** @returns milliseconds between two signs of life, 0 if nobody waits for them */
function watchdogInterval(env: NodeJS.ProcessEnv, pid: number): number {
  if ((env['WATCHDOG_PID'] ?? String(pid)) !== String(pid)) return 0;
  const microseconds = Number(env['WATCHDOG_USEC'] ?? 0);
  return microseconds > 0 ? microseconds / 2 / 1000 : 0;
}

/** What is known of the service manager that has started this process. */
export class ServiceManager {
  readonly socket: PassedSocket | undefined;
  readonly #notifySocket: string | undefined;
  readonly #watchdogInterval: number;
  readonly #failed: (why: string) => void;
  #hasFailed = false;
  #stopping = false;
  #watchdog: NodeJS.Timeout | undefined;
  /** the message before this one; they arrive in order */
  #sent: Promise<void> = Promise.resolve();

  /**
   * Takes the variables out of the environment, so that children do not take them for theirs.
   * @param failed a message could not be sent; called once at most
   * @throws GatewayError configuration if what is passed is not one socket
   */
  constructor(env: NodeJS.ProcessEnv, pid: number, failed: (why: string) => void) {
    this.#notifySocket = env['NOTIFY_SOCKET'];
    this.#watchdogInterval = watchdogInterval(env, pid);
    this.#failed = failed;
    try {
      this.socket = passedSocket(env, pid);
    } finally {
      // Reflect: an unset variable is one that is not there
      for (const name of VARIABLES) Reflect.deleteProperty(env, name);
    }
  }

  /**
   * The start is over; from now on there are signs of life.
   * @param isWell as long as it says so
   */
  async ready(status: string, isWell: () => boolean): Promise<void> {
    if (this.#stopping) return;
    if (this.#watchdogInterval > 0 && this.#notifySocket !== undefined)
      this.#watchdog = setInterval(() => {
        if (isWell()) void this.#notify('WATCHDOG=1');
      }, this.#watchdogInterval).unref();
    await this.#notify('READY=1', `STATUS=${status}`);
  }

  /** The end has begun. */
  async stopping(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#watchdog);
    await this.#notify('STOPPING=1', 'STATUS=stopping');
  }

  #notify(...assignments: string[]): Promise<void> {
    const NOTIFY_SOCKET = this.#notifySocket;
    if (NOTIFY_SOCKET === undefined) return Promise.resolve();
    const options = { env: { ...process.env, NOTIFY_SOCKET }, timeout: PATIENCE };
    this.#sent = this.#sent
      .then(() => run(PROGRAM, assignments, options))
      .then(
        () => undefined,
        (error: unknown) => {
          if (!this.#hasFailed) this.#failed(reason(error));
          this.#hasFailed = true;
        },
      );
    return this.#sent;
  }
}
