import { Host } from './host.ts';
import type { Scope } from './cleanup.ts';
import { tool } from './tools.ts';

/** /etc/os-release of Rocky Linux 9, as far as the scripts read it. */
export const RHEL = 'ID="rocky"\nVERSION_ID="9.4"\nID_LIKE="rhel centos fedora"\n';

// Each notes that it was called.  $state is a folder of what the emulated programs are to know.
const PROGRAMS = {
  rpm: 'true',
  dnf: 'exit 1',
  selinuxenabled: 'true',
  restorecon: 'true',
  apachectl: 'true',
  semodule: `case $1 in
  -l) cat $state/modules ;;
  -i) test -s "$2" && echo secef >$state/modules ;;
  -r) : >$state/modules ;;
esac`,
  systemctl: '[[ $1 != is-active ]] || test -e "$state/active-${@: -1}"',
  'firewall-cmd': '[[ $* != *--query-service* ]]',
};

/** A host that looks like RHEL, with systemd and SELinux: programs that Debian has not are emulated. */
export class RhelHost {
  readonly host: Host;

  private constructor(host: Host) {
    this.host = host;
  }

  /** Makes one, for a scope. */
  static async make(scope: Scope): Promise<RhelHost> {
    tool('checkmodule', 'selinux-policy-dev');
    const host = await Host.make(scope);
    await host.write('/etc/os-release', RHEL);
    for (const [name, program] of Object.entries(PROGRAMS)) {
      const note = 'echo "${0##*/} $*" >>/tmp/rhel/state/calls';
      const text = `#!/bin/bash\nstate=/tmp/rhel/state\n${note}\n${program}\n`;
      await host.write(`/tmp/rhel/bin/${name}`, text, '755');
    }
    await host.mustRun('mkdir -p /tmp/rhel/state && touch /tmp/rhel/state/modules');
    await host.mustRun('useradd --system --user-group apache');
    await host.mustRun('mkdir -p /etc/httpd/conf.d /etc/firewalld/services /run/systemd/system');
    return new RhelHost(host);
  }

  /** Says that a unit of systemd runs. */
  async activate(unit: string): Promise<void> {
    await this.host.mustRun(`touch /tmp/rhel/state/active-${unit}`);
  }

  /**
   * Runs a command line with the emulated programs.
   * @returns what it has said, and the calls of emulated programs that change something
   */
  async run(script: string): Promise<{ output: string; calls: string[] }> {
    await this.host.mustRun(': >/tmp/rhel/state/calls');
    const output = await this.host.mustRun(`PATH=/tmp/rhel/bin:$PATH ${script}`);
    const calls = (await this.host.read('/tmp/rhel/state/calls')).split('\n');
    const asking = /^(?:rpm|selinuxenabled|semodule -l|systemctl is-active|firewall-cmd)\b|^$/;
    // temporary names
    const plain = calls.map((call) => call.replace(/\/tmp\/tmp\.\w+/, 'TMP'));
    return { output, calls: plain.filter((call) => !asking.test(call)) };
  }
}
