import { readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scope } from './cleanup.ts';
import { freePort } from './ports.ts';
import { rssOf, Service } from './processes.ts';
import { replaced } from './replaced.ts';
import { inProject } from './root.ts';
import { run } from './run.ts';
import { tempFolder } from './temp.ts';
import { tool } from './tools.ts';

const modules = '/usr/lib/apache2/modules';

// What Debian's own configuration gives to the file that the gateway's documentation has included.
function mainConfig(dir: string, vhost: string): string {
  return `
ServerRoot "${dir}"
DefaultRuntimeDir "${dir}"
PidFile "${dir}/apache.pid"
Mutex file:${dir} default
ServerName localhost
User www-data
Group www-data
LoadModule mpm_event_module ${modules}/mod_mpm_event.so
LoadModule authz_core_module ${modules}/mod_authz_core.so
LoadModule authz_host_module ${modules}/mod_authz_host.so
ErrorLog "${dir}/error.log"
<Directory />
    AllowOverride None
    Require all denied
</Directory>
Include "${vhost}"
`;
}

function vhostConfig(dir: string, port: number, socket: string): string {
  let text = readFileSync(inProject('secef.httpd.conf'), 'utf8');
  text = replaced(text, /^Listen 3128$/gm, `Listen 127.0.0.1:${port}`);
  text = replaced(text, /(<VirtualHost [^>]*):3128>/g, `$1:${port}>`);
  text = replaced(text, /\/(?:var\/)?run\/httpd\/secef\/secef\.sock/g, socket);
  return replaced(text, /(Define SECEF_LOGS +)".*"/g, `$1"${dir}"`);
}

/** A real Apache with the project's secef.httpd.conf, on a port of its own. */
export class Apache {
  /** Where it takes alerts. */
  readonly url: string;
  readonly port: number;
  readonly #dir: string;
  readonly #service: Service;

  constructor(dir: string, port: number, service: Service) {
    this.url = `http://127.0.0.1:${port}/`;
    this.port = port;
    this.#dir = dir;
    this.#service = service;
  }

  /** The id of the process that has started the others. */
  get pid(): number {
    return this.#service.pid;
  }

  /** Resident memory of all its processes together, in bytes. */
  async rss(): Promise<number> {
    const group = (await readdir('/proc')).filter((name) => parentOf(name) === this.#service.pid);
    return [this.#service.pid, ...group.map(Number)].reduce((sum, pid) => sum + rssOf(pid), 0);
  }

  /** Does what `apachectl graceful` does, and waits until the new configuration is in use. */
  async graceful(): Promise<void> {
    const log = (): string => readFileSync(join(this.#dir, 'error.log'), 'utf8');
    const reloads = (): number => log().split('resuming normal operations').length;
    const before = reloads();
    this.#service.signal('SIGUSR1');
    await this.#service.waitFor(() => reloads() > before, 20_000, 'reload of apache2');
  }

  /** The virtual host's log of requests and of errors. */
  logs(): string {
    return ['error.log', 'secef_error_log', 'secef_access_log']
      .map((name) => readFileSync(join(this.#dir, name), 'utf8'))
      .join('');
  }
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

/**
 * Starts Apache in front of a gateway's socket; whether Debian's own service runs does not matter.
 * @param edit changes secef.httpd.conf for the test
 */
export async function startApache(
  scope: Scope,
  socket: string,
  edit: (config: string) => string = (config) => config,
): Promise<Apache> {
  const command = tool('apache2', 'apache2');
  const dir = tempFolder(scope);
  const port = await freePort();
  const config = join(dir, 'apache.conf');
  writeFileSync(join(dir, 'vhost.conf'), edit(vhostConfig(dir, port, socket)));
  writeFileSync(config, mainConfig(dir, join(dir, 'vhost.conf')));
  const check = await run(command, ['-t', '-f', config]);
  if (check.code !== 0) throw new Error(`apache2 refuses secef.httpd.conf: ${check.stderr}`);
  const service = new Service(scope, command, ['-DFOREGROUND', '-f', config]);
  const log = join(dir, 'error.log');
  await service.waitFor(
    () =>
      readFileSync(log, { encoding: 'utf8', flag: 'a+' }).includes('resuming normal operations'),
    20_000,
    'ready apache2',
  );
  return new Apache(dir, port, service);
}
