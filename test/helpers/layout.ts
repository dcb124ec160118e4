import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Scope } from './cleanup.ts';
import { addRhelModSsl, makeFiles, PATHS, type Distribution } from './distributions.ts';
import { Service } from './processes.ts';
import { replaced } from './replaced.ts';
import { inProject } from './root.ts';
import { mustRun, run, type RunResult } from './run.ts';
import { tempFolder } from './temp.ts';
import { tool } from './tools.ts';
import { until } from './until.ts';

const OURS = '/usr/local/secef/secef.httpd.conf';

/**
 * A distribution's httpd with secef.httpd.conf as it is, with its own paths and port. Each command
 * gets a mount namespace, in which /etc, /run, /var/log and /usr/local are those of a folder of
 * ours; Apache gets a network, too.
 */
export class Layout {
  readonly distribution: Distribution;
  /** The gateway's socket, as it is seen from outside. */
  readonly socket: string;
  readonly #scope: Scope;
  readonly #folder: string;

  constructor(scope: Scope, distribution: Distribution) {
    this.distribution = distribution;
    this.#scope = scope;
    this.#folder = tempFolder(scope);
    this.socket = join(this.#folder, 'run/httpd/secef/secef.sock');
    makeFiles(distribution, this.#folder);
    this.write(OURS, readFileSync(inProject('secef.httpd.conf'), 'utf8'));
    symlinkSync(OURS, join(this.#folder, PATHS[distribution].config));
  }

  /** Writes a file below /etc or /usr/local. */
  write(path: string, text: string): void {
    const file = join(this.#folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** Changes its copy of secef.httpd.conf. */
  edit(what: RegExp, by: string): void {
    this.write(OURS, replaced(readFileSync(join(this.#folder, OURS), 'utf8'), what, by));
  }

  /** Runs shell commands. */
  run(commands: string, cwd = '/'): Promise<RunResult> {
    const [command = '', ...args] = this.#enter([], `cd '${cwd}'; ${commands}`);
    return run(command, args);
  }

  /** Runs shell commands that have to succeed. */
  async mustRun(commands: string, cwd = '/'): Promise<void> {
    const [command = '', ...args] = this.#enter([], `cd '${cwd}'; ${commands}`);
    await mustRun(command, args);
  }

  /** Does what a2enmod ssl does, or the package mod_ssl. */
  async addModSsl(): Promise<void> {
    if (this.distribution === 'rhel') addRhelModSsl(this.#folder);
    else await this.mustRun('a2enmod -q ssl');
  }

  /** What `apachectl configtest` says, after other commands. */
  async configtest(before = ':'): Promise<{ code: number; text: string }> {
    const { configtest } = PATHS[this.distribution];
    const { code, stdout, stderr } = await this.run(`${before}; ${configtest}`);
    return { code, text: stdout + stderr };
  }

  /** Makes the socket's folder as secef.tmpfiles.conf has it. */
  async makeSocketFolder(): Promise<void> {
    const isDebian = this.distribution === 'debian';
    const text = readFileSync(inProject('secef.tmpfiles.conf'), 'utf8');
    const ours = isDebian ? replaced(text, /apache apache/, 'www-data www-data') : text;
    this.write('/etc/tmpfiles.d/secef.conf', ours);
    const files = isDebian ? 'secef.conf' : 'httpd.conf secef.conf';
    await this.mustRun(`${tool('systemd-tmpfiles', 'systemd')} --create ${files}`);
  }

  /** Starts Apache in a network of its own, where it listens on port 3128. */
  async start(): Promise<Httpd> {
    const { logs, errorLog, foreground } = PATHS[this.distribution];
    const up = `${tool('ip', 'iproute2')} link set lo up`;
    const [command = '', ...args] = this.#enter(['--net'], `${up}; ${foreground}`);
    const service = new Service(this.#scope, command, args);
    const folder = join(this.#folder, 'log', logs);
    const errors = (): string =>
      readFileSync(join(folder, errorLog), { encoding: 'utf8', flag: 'a+' });
    await service.waitFor(
      () => {
        if (service.exit !== undefined) throw new Error(`Apache does not start: ${errors()}`);
        return errors().includes('resuming normal operations');
      },
      20_000,
      'ready apache2',
    );
    return new Httpd(service.pid, folder);
  }

  #enter(options: string[], commands: string): string[] {
    const mount = tool('mount', 'mount');
    const binds = [
      ...['etc" /etc', 'run" /run', 'log" /var/log', 'usr/local" /usr/local'],
      ...(this.distribution === 'debian' ? ['lib" /var/lib/apache2'] : []),
    ].map((bind) => `${mount} --bind "$0/${bind}; `);
    const isolated = ['--mount', '--propagation', 'private', ...options];
    const script = `${binds.join('')}${commands}`;
    return [tool('unshare', 'util-linux'), ...isolated, 'bash', '-ec', script, this.#folder];
  }
}

/** A running Apache of a layout. */
export class Httpd {
  /** A command that runs another one in Apache's network and folders. */
  readonly inside: string[];
  readonly #logs: string;

  constructor(pid: number, logs: string) {
    const nsenter = tool('nsenter', 'util-linux');
    this.inside = [nsenter, '--target', String(pid), '--net', '--mount', '--'];
    this.#logs = logs;
  }

  /** The lines of the virtual host's log of requests, at least so many: they come after the answers. */
  async requests(count: number): Promise<string[]> {
    const lines = (): string[] =>
      readFileSync(join(this.#logs, 'secef_access_log'), 'utf8').split('\n').slice(0, -1);
    const explain = (): string => `${count} requests in ${lines().join('\n')}`;
    await until(() => lines().length >= count, 5000, explain);
    return lines();
  }

  /** The virtual host's log of errors. */
  errorLog(): string {
    return readFileSync(join(this.#logs, 'secef_error_log'), 'utf8');
  }
}
