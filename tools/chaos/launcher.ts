/** Ways to start the gateway: with a socket of its own, or with one that is passed to it. */
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Scope } from '../../test/helpers/cleanup.ts';
import { groupNumber } from '../../test/helpers/group.ts';
import { Service } from '../../test/helpers/processes.ts';
import { tempFolder } from '../../test/helpers/temp.ts';
import { tool } from '../../test/helpers/tools.ts';

/** The user of Debian's Apache. */
const APACHE = 'www-data';

/** Who wants to know of a gateway. */
export interface Watcher {
  /** a line of its log */
  line(text: string): void;
  /** it has ended: with this exit status, 128 more than the number of a signal */
  ended(status: number): void;
}

/** Starts one gateway after the other. */
export interface Launcher {
  /** where Apache finds the gateway */
  readonly socket: string;
  /** Starts the program. @param limit the value of --queue-limit */
  launch(limit: string): void;
  /** Ends all that was started. */
  end(): Promise<void>;
}

const SIGNAL_BASE = 128;
const SIGNALS: Partial<Record<string, number>> = { SIGKILL: 9, SIGTERM: 15 };

/** Starts gateways that make their socket themselves. */
export class OwnSocket implements Launcher {
  readonly socket: string;
  readonly #scope: Scope;
  readonly #command: readonly string[];
  readonly #watcher: Watcher;

  /** @param command the program and its arguments, but for --sock and --queue-limit */
  constructor(scope: Scope, command: readonly string[], watcher: Watcher) {
    const folder = join(tempFolder(scope), 'run');
    mkdirSync(folder);
    chownSync(folder, 0, groupNumber(APACHE));
    chmodSync(folder, 0o750);
    this.socket = join(folder, 'secef.sock');
    this.#scope = scope;
    this.#command = command;
    this.#watcher = watcher;
  }

  launch(limit: string): void {
    const [program = '', ...args] = this.#command;
    const service = new Service(this.#scope, program, [
      ...args,
      ...['--sock', this.socket, '--queue-limit', limit],
    ]);
    watch(service, (line) => {
      this.#watcher.line(line);
    });
    void service.exited.then(({ code, signal }) => {
      this.#watcher.ended(code ?? SIGNAL_BASE + (SIGNALS[signal ?? ''] ?? 0));
    });
  }

  end(): Promise<void> {
    return Promise.resolve();
  }
}

/** Starts a gateway for each file FOLDER/start, with the --queue-limit that is in it. */
const START_WHEN_TOLD = `
trap 'kill "$child" 2>/dev/null; wait "$child"; exit' TERM
while :; do
  until [ -e "$0/start" ]; do sleep 0.05; done
  limit=$(cat "$0/start")
  rm "$0/start"
  sh -c 'LISTEN_PID=$$ exec "$@"' sh "$@" --queue-limit "$limit" &
  child=$!
  wait "$child"
  echo "chaos-ended $?"
done`;

/** Keeps a listening socket and passes it to one gateway after the other, as secef.socket does. */
export class PassedSocket implements Launcher {
  readonly socket: string;
  readonly #folder: string;
  readonly #service: Service;

  private constructor(scope: Scope, command: readonly string[], watcher: Watcher) {
    this.#folder = tempFolder(scope);
    this.socket = join(this.#folder, 'secef.sock');
    this.#service = new Service(scope, tool('systemd-socket-activate', 'systemd'), [
      ...[`--listen=${this.socket}`, '--fdname=secef.socket'],
      ...['sh', '-c', START_WHEN_TOLD, this.#folder, ...command],
    ]);
    watch(this.#service, (line) => {
      const [, status] = /^chaos-ended (\d+)$/.exec(line) ?? [];
      if (status === undefined) watcher.line(line);
      else watcher.ended(Number(status));
    });
  }

  /** Makes the socket. @param command the program and its arguments, but for --queue-limit */
  static async listen(
    scope: Scope,
    command: readonly string[],
    watcher: Watcher,
  ): Promise<PassedSocket> {
    const unit = new PassedSocket(scope, command, watcher);
    await unit.#service.waitFor(() => existsSync(unit.socket), 10_000, 'socket');
    chownSync(unit.socket, 0, groupNumber(APACHE));
    chmodSync(unit.socket, 0o660);
    // systemd-socket-activate waits for a connection
    const knock = connect(unit.socket, () => knock.destroy());
    return unit;
  }

  launch(limit: string): void {
    const file = join(this.#folder, 'start');
    writeFileSync(`${file}.new`, limit);
    renameSync(`${file}.new`, file);
  }

  async end(): Promise<void> {
    await this.#service.stop();
  }
}

/** Hands on the lines of standard output, without keeping them. */
function watch(service: Service, action: (line: string) => void): void {
  service.onLine((line) => {
    service.stdout.length = 0;
    action(line);
  });
}
