import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scope } from './cleanup.ts';
import { groupNumber } from './group.ts';
import { isRecord } from './narrow.ts';
import { Service, type Exit } from './processes.ts';
import { inProject } from './root.ts';
import { tempFolder } from './temp.ts';
import { until } from './until.ts';

/** milliseconds without a line of the log */
const SETTLED = 300;

/** A line of the gateway's log. */
export type LogLine = Record<string, unknown>;

/** Paths that a test wants to choose itself. */
interface GatewayPlaces {
  /** the queue's directory */
  readonly queue?: string | undefined;
  /** another program than the project's own */
  readonly command?: string | undefined;
}

/** The real gateway as a process of its own, which keeps its folder, socket and queue when it is started again. */
export class Gateway {
  readonly socket: string;
  readonly queue: string;
  readonly #scope: Scope;
  readonly #command: string;
  readonly #args: string[];
  #service: Service | undefined;

  constructor(scope: Scope, args: string[], socket?: string, places: GatewayPlaces = {}) {
    const folder = tempFolder(scope);
    this.socket = socket ?? join(socketFolder(folder), 'secef.sock');
    this.queue = places.queue ?? join(folder, 'queue');
    this.#scope = scope;
    this.#command = places.command ?? inProject('scripts/secef');
    this.#args = ['--sock', this.socket, '--queue', this.queue, ...args];
  }

  /** Starts the process without waiting for it to accept. */
  launch(): void {
    this.#service = new Service(this.#scope, this.#command, this.#args);
  }

  /** Starts the process, for the first time or again, and waits until it accepts. */
  async start(): Promise<void> {
    this.launch();
    await this.waitForEvent('listening');
  }

  /** The log of the present process. */
  log(): LogLine[] {
    return this.#running().stdout.flatMap(parseLog);
  }

  /** The same, once no more lines come: that of a request comes after its answer. */
  async settledLog(): Promise<LogLine[]> {
    const lines = this.#running().stdout;
    for (let count = lines.length; ; count = lines.length) {
      await sleep(SETTLED);
      if (lines.length === count) return this.log();
    }
  }

  /** Throws away what the present process has logged, before it takes too much memory. */
  forgetLog(): void {
    this.#running().stdout.length = 0;
  }

  /** Waits for the present process to log an event. */
  waitForEvent(event: string, timeoutMs = 15_000): Promise<LogLine> {
    return this.#running().waitFor(
      () => this.log().find((line) => line['event'] === event),
      timeoutMs,
      `event ${event}`,
    );
  }

  /** Does something at the very moment when the present process logs an event. */
  onEvent(event: string, action: () => void): void {
    this.#running().onLine((line) => {
      if (parseLog(line).some((entry) => entry['event'] === event)) action();
    });
  }

  /** The files of the queue that hold messages. */
  segments(): string[] {
    if (!existsSync(this.queue)) return [];
    return readdirSync(this.queue).filter((name) => name.endsWith('.idmef'));
  }

  /** Fails unless everything has been delivered and acknowledged. */
  assertQueueEmpty(): void {
    const left = this.segments();
    assert.equal(left.length, 0, `in the queue: ${left.join(' ')}; ${this.describe()}`);
  }

  /** Ends it with SIGTERM. */
  stop(): Promise<Exit> {
    return this.#running().stop();
  }

  /** Ends it with SIGKILL. */
  kill(): Promise<Exit> {
    return this.#running().kill();
  }

  /** Sends it a signal. */
  signal(signal: NodeJS.Signals): void {
    this.#running().signal(signal);
  }

  /** Waits for it to end by itself. */
  async exited(timeoutMs = 10_000): Promise<Exit> {
    const service = this.#running();
    return until(
      () => service.exit,
      timeoutMs,
      () => `end of ${service.describe()}`,
    );
  }

  /** The process's id. */
  get pid(): number {
    return this.#running().pid;
  }

  /** Resident memory in bytes. */
  get rss(): number {
    return this.#running().rss;
  }

  /** State and last output, for error messages. */
  describe(): string {
    return this.#running().describe();
  }

  #running(): Service {
    if (this.#service === undefined) throw new Error('the gateway has not been started');
    return this.#service;
  }
}

/** The entry that a line of the gateway's output holds; none if it is something else. */
export function parseLog(line: string): LogLine[] {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? [value] : [];
  } catch {
    return [];
  }
}

// As the service manager makes it: the gateway gives its socket the folder's group, Apache is in it.
function socketFolder(parent: string): string {
  const folder = join(parent, 'run');
  mkdirSync(folder);
  chownSync(folder, 0, groupNumber('www-data'));
  chmodSync(folder, 0o750);
  return folder;
}
