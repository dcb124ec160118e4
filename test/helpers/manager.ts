import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { onEnd, type Scope } from './cleanup.ts';
import { MessageFile, type ReceivedMessage } from './messages.ts';
import { freePort } from './ports.ts';
import { Service, type Exit } from './processes.ts';
import { analyzerid } from './profile.ts';
import { inProject } from './root.ts';
import { mustRun } from './run.ts';
import { tempFolder } from './temp.ts';
import { tool } from './tools.ts';
import { until } from './until.ts';

const script = inProject('scripts/manager');

/** A real prelude-manager with a profile for a gateway, both of which last as long as the scope. */
export class Manager {
  readonly profile: string;
  readonly port: number;
  readonly #scope: Scope;
  readonly #permission: string;
  readonly #dir: string;
  readonly #file: MessageFile;
  #service: Service | undefined;

  /** @param permission that its gateway's profile is registered with */
  constructor(scope: Scope, name: string, port: number, permission = 'idmef:w') {
    tool('prelude-manager', 'prelude-manager');
    tool('prelude-admin', 'prelude-utils');
    // Other tests may run on this machine at the same time.
    this.profile = `${name}-${process.pid}`;
    this.port = port;
    this.#scope = scope;
    this.#permission = permission;
    this.#dir = tempFolder(scope);
    this.#file = new MessageFile(join(this.#dir, 'alerts.xml'));
    const remove = [this.#dir, `${port}`, '--remove'];
    onEnd(
      scope,
      async () => {
        await mustRun(script, remove);
      },
      () => {
        spawnSync(script, remove);
      },
    );
  }

  /** The process's id. */
  get pid(): number {
    return this.#running().pid;
  }

  /** The file with what it has received, a document a message. */
  get file(): string {
    return join(this.#dir, 'alerts.xml');
  }

  /** What a gateway is given as `--manager`. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Starts it if it does not run, lets it go on if it is frozen, and waits until it listens. */
  async start(): Promise<void> {
    if (this.#service !== undefined && this.#service.exit === undefined) {
      this.thaw();
      return;
    }
    const profile = ['--profile', this.profile, '--permission', this.#permission];
    const args = [this.#dir, `${this.port}`, ...profile];
    const service = new Service(this.#scope, script, args);
    this.#service = service;
    await service.waitFor(() => listens(this.port), 60_000, 'listening manager');
  }

  /** Ends it in an orderly way. */
  stop(): Promise<Exit> {
    this.#running().signalAll('SIGCONT');
    return this.#running().stop();
  }

  /** Ends it with SIGKILL. */
  async kill(): Promise<Exit> {
    this.#running().signalAll('SIGKILL');
    return this.#running().exited;
  }

  /** Stops it with SIGSTOP: the kernel still accepts connections for it, but nobody answers. */
  freeze(): void {
    this.#running().signalAll('SIGSTOP');
  }

  /** Lets it go on after `freeze`. */
  thaw(): void {
    this.#running().signalAll('SIGCONT');
  }

  /** The messages from clients so far, without the Heartbeats of the manager and of the gateway itself. */
  received(): ReceivedMessage[] {
    return this.#file.read().filter((message) => !this.#isStatus(message));
  }

  /** The Heartbeats of the gateway itself so far. */
  heartbeats(): ReceivedMessage[] {
    return this.#file
      .read()
      .filter((message) => this.#isStatus(message) && message.analyzerids.length > 1);
  }

  /** Waits for at least that many messages from clients and returns all there are. */
  waitForMessages(count: number, timeoutMs: number): Promise<ReceivedMessage[]> {
    return until(
      () => {
        const messages = this.received();
        return messages.length >= count ? messages : undefined;
      },
      timeoutMs,
      () => `${count} messages at the manager, there are ${this.received().length}`,
    );
  }

  /** Waits until all messages with these messageids are there, at least once. */
  async waitForIds(ids: string[], timeoutMs: number): Promise<void> {
    const missing = (): string[] => {
      const there = new Set(this.received().map(({ messageid }) => messageid));
      return ids.filter((id) => !there.has(id));
    };
    await until(
      () => missing().length === 0,
      timeoutMs,
      () =>
        `all messages at the manager, missing are ${missing().length} of ${ids.length}: ${missing().slice(0, 5).join(' ')} …`,
    );
  }

  // The manager's own has nothing but the manager's Analyzer, the gateway's own ends with the gateway's.
  #isStatus({ kind, analyzerids, xml }: ReceivedMessage): boolean {
    const gateway = analyzerid(this.profile);
    const fromWithin = analyzerids.length === 1 || analyzerids.at(-1) === gateway;
    return kind === 'Heartbeat' && fromWithin && xml.includes('meaning="Analyzer status"');
  }

  #running(): Service {
    if (this.#service === undefined) throw new Error('the manager has not been started');
    return this.#service;
  }
}

/** Starts a manager; the name is the first part of the name of its gateway's profile. */
export async function startManager(scope: Scope, name: string): Promise<Manager> {
  const manager = new Manager(scope, name, await freePort());
  await manager.start();
  return manager;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
