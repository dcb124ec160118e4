import { join } from 'node:path';
import type { Scope } from './cleanup.ts';
import { Service } from './processes.ts';
import { mustRun, run, type RunResult } from './run.ts';
import { tempFolder } from './temp.ts';
import { tool } from './tools.ts';

// A tmpfs for what is altered, and an overlay of the root file system in it.  Without Prelude's profiles: scripts/start
// leaves one of secef on the machine.
const MOUNT = `
set -e
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
mount --rbind /proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
[[ ! -d /etc/prelude/profile ]] || mount -t tmpfs -o mode=755 tmpfs "$1/root/etc/prelude/profile"
echo ready
exec sleep infinity
`;

// Neither the host's nor ours: npm's cache, and what is temporary.
const ELSEWHERE = /^(?:root\t|(?:root\/\.(?:npm|cache)|tmp|var\/tmp|usr\/lib\/os-release)[/\t])/;

/**
 * This machine's root file system with all that is installed, seen from a mount namespace in which nothing that is
 * written gets to the machine: what a command has changed is known exactly.  File systems other than the root's are
 * not in it, but for /proc and /dev.
 */
export class Host {
  readonly #folder: string;
  readonly #service: Service;

  private constructor(folder: string, service: Service) {
    this.#folder = folder;
    this.#service = service;
  }

  /** Makes one, for a scope. */
  static async make(scope: Scope): Promise<Host> {
    const folder = tempFolder(scope);
    const unshare = tool('unshare', 'util-linux');
    const args = ['--mount', '--propagation', 'private', 'bash', '-c', MOUNT, 'mount', folder];
    const service = new Service(scope, unshare, args);
    await service.waitFor(() => service.stdout.includes('ready'), 20_000, 'overlay of /');
    return new Host(folder, service);
  }

  /** Runs a command line of bash in it, as root. */
  async run(script: string, timeoutMs = 120_000): Promise<RunResult> {
    // without what c8 has node write
    const command = ['env', '-u', 'NODE_V8_COVERAGE', 'bash', '-c', script];
    const chroot = ['chroot', join(this.#folder, 'root'), ...command];
    return run(tool('nsenter', 'util-linux'), [...this.#enter(), ...chroot], { timeoutMs });
  }

  /** Runs a command line that has to succeed, and returns all that it says. */
  async mustRun(script: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(script);
    if (code !== 0) throw new Error(`${script}: exit ${code}\n${stdout}${stderr}`);
    return stdout + stderr;
  }

  /** Writes a file. */
  async write(path: string, text: string, mode = '644'): Promise<void> {
    const file = join(this.#folder, `root${path}`);
    const script = 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"';
    const args = [...this.#enter(), 'bash', '-c', script, 'write', file, mode];
    await mustRun(tool('nsenter', 'util-linux'), args, { input: text });
  }

  /** Reads a file. */
  read(path: string): Promise<string> {
    return this.mustRun(`cat ${path}`);
  }

  /** What has been made, altered or deleted in it: path to type, mode, size, time and target of each. */
  async altered(): Promise<Map<string, string>> {
    const upper = join(this.#folder, 'upper');
    const find = ['find', upper, '-mindepth', '1', '-printf', '%P\t%y %m %s %T@ %l\n'];
    const lines = await mustRun(tool('nsenter', 'util-linux'), [...this.#enter(), ...find]);
    const entries = lines
      .split('\n')
      .filter((line) => line !== '' && !ELSEWHERE.test(line))
      .map((line): [string, string] => {
        const [path = '', what = ''] = line.split('\t');
        return [`/${path}`, what];
      });
    return new Map(entries);
  }

  #enter(): string[] {
    return ['--target', String(this.#service.pid), '--mount', '--'];
  }
}
