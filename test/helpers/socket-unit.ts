import { chmodSync, chownSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from './cleanup.ts';
import { parseLog, type LogLine } from './gateway.ts';
import { groupNumber } from './group.ts';
import { Service } from './processes.ts';
import { inProject } from './root.ts';
import { tempFolder } from './temp.ts';
import { tool } from './tools.ts';
import { until } from './until.ts';

/** Starts the command again whenever it has ended, each time with the socket. */
const RESTART_ALWAYS = `
trap 'kill "$child"; wait "$child"; exit' TERM
while :; do
  sh -c 'LISTEN_PID=$$ exec "$@"' sh "$@" &
  child=$!
  wait "$child"
done`;

/** A listening socket that is passed to one gateway after another, as by secef.socket and secef.service. */
export class SocketUnit {
  readonly socket: string;
  readonly queue: string;
  readonly #service: Service;

  private constructor(scope: Scope, args: string[]) {
    const folder = tempFolder(scope);
    this.socket = join(folder, 'secef.sock');
    this.queue = join(folder, 'queue');
    const gateway = [process.execPath, inProject('build/src/main.js'), '--queue', this.queue];
    this.#service = new Service(scope, tool('systemd-socket-activate', 'systemd'), [
      ...[`--listen=${this.socket}`, '--fdname=secef.socket'],
      ...['sh', '-c', RESTART_ALWAYS, 'sh', ...gateway, ...args],
    ]);
  }

  /** The socket listens; the first connection starts the gateway. */
  static async start(scope: Scope, args: string[]): Promise<SocketUnit> {
    const unit = new SocketUnit(scope, args);
    await unit.#service.waitFor(() => existsSync(unit.socket), 10_000, 'socket');
    chownSync(unit.socket, 0, groupNumber('www-data'));
    chmodSync(unit.socket, 0o660);
    return unit;
  }

  /** The lines of all gateways so far. */
  log(): LogLine[] {
    return this.#service.stdout.flatMap(parseLog);
  }

  /** Waits until there have been that many such events in all. */
  waitForEvents(event: string, count: number): Promise<LogLine> {
    return this.#service.waitFor(
      () => this.log().filter((line) => line['event'] === event)[count - 1],
      30_000,
      `event ${event} no. ${count}`,
    );
  }

  /** The process id of the gateway that was started last. */
  get gatewayPid(): number {
    return Number(this.log().findLast((line) => line['event'] === 'starting')?.['pid']);
  }

  /** SIGTERM, and waits until the next gateway listens. @returns when the first stopped and that began, in ms */
  async restart(): Promise<{ stopped: number; listening: number }> {
    const count = (event: string): number =>
      this.log().filter((line) => line['event'] === event).length;
    // one that was killed has not stopped
    const [starts, stops] = [count('listening'), count('stopped')];
    process.kill(this.gatewayPid, 'SIGTERM');
    const listening = await this.waitForEvents('listening', starts + 1);
    const stopped = await this.waitForEvents('stopped', stops + 1);
    return { stopped: timeOf(stopped), listening: timeOf(listening) };
  }

  /** Ends it, and the gateway in good order. */
  async stop(): Promise<void> {
    const pid = this.gatewayPid;
    await this.#service.stop();
    await until(
      () => !existsSync(`/proc/${pid}`),
      10_000,
      () => `end of the gateway: ${this.describe()}`,
    );
  }

  /** State and last output, for error messages. */
  describe(): string {
    return this.#service.describe();
  }
}

function timeOf(line: LogLine): number {
  return Date.parse(String(line['time']));
}
