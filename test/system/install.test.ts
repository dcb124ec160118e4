import assert from 'node:assert/strict';
import { lstatSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { VERSION } from '../../src/version.ts';
import { Host } from '../helpers/host.ts';
import { RHEL, RhelHost } from '../helpers/rhel.ts';
import { inProject } from '../helpers/root.ts';
import { tool } from '../helpers/tools.ts';

const INSTALL = inProject('scripts/install');
const PREFIX = '/usr/local/secef';

// What a new operator has before: the packages are installed, so that nothing is downloaded but npm's.
tool('apache2', 'apache2');
tool('prelude-admin', 'prelude-utils');

// Another node: as good, and small.
const NODE = `#!/bin/sh\nexec ${process.execPath} "$@"\n`;

const COMMON = [
  '/etc/systemd/system/secef.service',
  '/etc/systemd/system/secef.socket',
  '/etc/tmpfiles.d/secef.conf',
  '/usr/local/bin/secef',
];
const DEBIAN = [
  ...COMMON,
  '/etc/apache2/conf-available/secef.conf',
  '/etc/apache2/conf-enabled/secef.conf',
  '/etc/default/secef',
  '/etc/systemd/system/secef.service.d/debian.conf',
  '/etc/systemd/system/secef.socket.d/debian.conf',
];
const TREE = [
  'CHANGELOG.md LICENSE README.md bin/secef build/src/main.js conf/idmef-draft-2004.dtd',
  'conf/idmef-rfc4765.dtd conf/secef.service',
  'conf/selinux/secef.te conf/sysconfig.example installed/files installed/source installed/tree',
  'docs/dependencies.md docs/http-api.md package-lock.json package.json scripts/install scripts/lib/install.sh secef.httpd.conf',
].flatMap((line) => line.split(' '));

/** Files and links in a folder, without folders. */
async function filesIn(host: Host, folder: string): Promise<string[]> {
  const found = await host.mustRun(`cd ${folder} && find . ! -type d -printf '/%P\\n'`);
  return found.split('\n').filter((line) => line !== '');
}

function outsideTree(files: string[]): string[] {
  return files.filter((file) => !file.startsWith(`${PREFIX}/`)).sort();
}

function assertTree(files: string[]): void {
  const tree = files.filter((file) => file.startsWith(`${PREFIX}/`));
  const inTree = tree.map((file) => file.slice(PREFIX.length + 1));
  assert.deepEqual(
    TREE.filter((file) => !inTree.includes(file)),
    [],
  );
  const program = inTree.filter((file) => file.startsWith('build/')).sort();
  const sources = readdirSync(inProject('src'), { recursive: true, encoding: 'utf8' });
  const expected = sources.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
  assert.deepEqual(program, expected.map((file) => `build/src/${file.slice(0, -3)}.js`).sort());
  const modules = inTree.filter((file) => file.startsWith('node_modules/'));
  for (const name of ['bunyan', 'libxml2-wasm', 'minimist', 'saxes']) {
    assert.ok(modules.includes(`node_modules/${name}/package.json`), `${name} in node_modules`);
  }
  for (const name of [
    'typescript',
    'eslint',
    'c8',
    'node-fastcgi',
    'sax',
    'dtrace-provider',
    'moment',
  ]) {
    assert.ok(!modules.includes(`node_modules/${name}/package.json`), `no ${name} in node_modules`);
  }
}

/** What has been altered since, without folders that the machine itself has. */
function since(before: Map<string, string>, after: Map<string, string>): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path));
}

/** What the machine itself does not have, or not any more: without its own folders and altered files. */
function madeOrDeleted(altered: Map<string, string>): string[] {
  const isNew = ([path, what]: [string, string]): boolean =>
    what.startsWith('c') || lstatSync(path, { throwIfNoEntry: false }) === undefined;
  return [...altered].filter(isNew).map(([path]) => path);
}

test('for packagers: DESTDIR has the files of Debian, and nothing else is touched', async (t) => {
  const host = await Host.make(t);
  await host.mustRun('mkdir /destdir; userdel prelude; groupdel prelude; true');
  const before = await host.altered();
  await host.mustRun(`DESTDIR=/destdir ${INSTALL}`);
  const files = await filesIn(host, '/destdir');
  assert.deepEqual(outsideTree(files), [...DEBIAN, '/etc/firewalld/services/secef.xml'].sort());
  assertTree(files);
  const altered = since(before, await host.altered());
  assert.deepEqual(
    altered.filter((path) => !path.startsWith('/destdir')),
    [],
  );

  await host.mustRun(`DESTDIR=/destdir ${INSTALL} --uninstall`);
  assert.deepEqual(await filesIn(host, '/destdir'), []);
});

test('for packagers: DESTDIR on RHEL, with another prefix and node elsewhere', async (t) => {
  const host = await Host.make(t);
  await host.write('/etc/os-release', RHEL);
  await host.write('/opt/node/bin/node', NODE, '755');
  await host.mustRun(
    `PATH=/opt/node/bin:$PATH DESTDIR=/destdir ${INSTALL} --prefix /opt/a.b/secef`,
  );
  const files = await filesIn(host, '/destdir');
  assert.deepEqual(
    files.filter((file) => !file.startsWith('/opt/a.b/secef/')).sort(),
    [
      ...COMMON,
      '/etc/firewalld/services/secef.xml',
      '/etc/httpd/conf.d/secef.conf',
      '/etc/sysconfig/secef',
    ].sort(),
  );
  const unit = await host.read('/destdir/etc/systemd/system/secef.service');
  assert.match(unit, /^ExecStart=\/opt\/a\.b\/secef\/bin\/secef \$OPTIONS$/m);
  assert.match(unit, /^User=apache$/m);
  assert.doesNotMatch(unit, /\/usr\/local\/secef/);
  assert.match(
    await host.read('/destdir/opt/a.b/secef/bin/secef'),
    /exec \/opt\/node\/bin\/node .*"\$folder\/build\/src\/main\.js" "\$@"$/m,
  );
  assert.match(await host.read('/destdir/etc/tmpfiles.d/secef.conf'), /^d .* apache apache -$/m);
});

test('on Debian: installed, again without any change, and taken away', async (t) => {
  const host = await Host.make(t);
  await host.mustRun(
    'apachectl configtest; userdel prelude; groupdel prelude; rm -rf /var/spool/prelude',
  );
  const before = await host.altered();

  const output = await host.mustRun(INSTALL);
  assert.match(output, /prelude-admin register secef "idmef:w" MANAGER --uid prelude/);
  const installed = await host.altered();
  const files = since(before, installed).filter((path) => /^[^dc]/.test(installed.get(path) ?? ''));
  assert.deepEqual(
    outsideTree(files).filter(
      (path) => !/^\/etc\/(?:passwd|group|g?shadow|subu?id|subgid)-?$/.test(path),
    ),
    [...DEBIAN].sort(),
  );
  assertTree(files);
  await t.test('what is there works', async () => {
    await host.mustRun('apachectl configtest');
    await host.mustRun('id prelude && test -d /var/spool/prelude');
    assert.match(
      await host.mustRun('stat -c "%U:%G %a" /run/httpd/secef'),
      /^www-data:www-data 750$/m,
    );
    for (const [unit, user] of [
      ['service', 'User'],
      ['socket', 'SocketUser'],
    ]) {
      const dropIn = await host.read(`/etc/systemd/system/secef.${unit}.d/debian.conf`);
      assert.match(dropIn, new RegExp(`^${user}=www-data$`, 'm'));
    }
    const asGateway = 'runuser -u www-data -g www-data -G prelude --';
    assert.equal(await host.mustRun(`cd / && ${asGateway} secef --version`), `secef ${VERSION}\n`);
    const document = inProject('test/fixtures/corpus/real-secef-whoami.xml');
    await host.mustRun(`cp ${document} /a.xml; ${asGateway} secef validate /a.xml`);
    await host.mustRun(`echo '{}' | ${PREFIX}/node_modules/.bin/bunyan; rm /a.xml`);
  });

  const twice = await host.altered();
  assert.match(await host.mustRun(INSTALL), /nothing to change/);
  assert.deepEqual(since(twice, await host.altered()), []);

  await t.test('uninstalled: what is left is what was there before', async () => {
    await host.mustRun('install -d -o www-data /var/lib/secef && touch /var/lib/secef/1.idmef');
    await host.mustRun(`${PREFIX}/scripts/install --uninstall`);
    const left = madeOrDeleted(await host.altered()).filter((path) => !before.has(path));
    assert.deepEqual(left, ['/var/lib/secef', '/var/lib/secef/1.idmef']);
  });
});

test('on RHEL, where programs are emulated: SELinux, systemd, firewalld; upgrades keep what was edited', async (t) => {
  const rhel = await RhelHost.make(t);
  const { host } = rhel;
  const before = await host.altered();
  // as older instructions had it
  await host.mustRun(`ln -s ${PREFIX}/secef.tmpfiles.conf /etc/tmpfiles.d/secef.conf`);

  await t.test(
    'the first time: the module is loaded, units are enabled, nothing is started',
    async () => {
      const { output, calls } = await rhel.run(INSTALL);
      assert.deepEqual(
        calls.filter((call) => !call.startsWith('restorecon /')),
        [
          'semodule -i TMP/secef.pp',
          `restorecon -R ${PREFIX}`,
          'systemctl daemon-reload',
          'systemctl enable --quiet secef.socket secef.service',
        ],
      );
      assert.match(output, /prelude-admin register secef "idmef:w" MANAGER/);
      assert.match(output, /systemctl start secef\.socket secef\.service/);
      assert.match(output, /firewall-cmd --permanent --add-service=secef/);
      assert.match(await host.mustRun('stat -c %F /etc/tmpfiles.d/secef.conf'), /^regular file$/m);
      assert.match(await host.read('/etc/firewalld/services/secef.xml'), /port="3128"/);
    },
  );

  await t.test('a new version: what was edited is kept, what runs is restarted', async () => {
    await host.mustRun(`echo 'OPTIONS="--valid-dtd"' >/etc/sysconfig/secef
      sed -i 's/Define SSLEngine off/Define SSLEngine on/' /etc/httpd/conf.d/secef.conf
      echo mine >${PREFIX}/notes
      cd ${inProject('.')}
      sed -i 's/"version": ".*"/"version": "99.0.0"/' package.json
      echo '# newer' | tee -a secef.httpd.conf conf/secef.socket >>conf/sysconfig.example`);
    await rhel.activate('secef.service');
    await rhel.activate('httpd');
    const { output, calls } = await rhel.run(INSTALL);
    assert.deepEqual(
      calls.filter((call) => call.startsWith('systemctl')),
      [
        'systemctl daemon-reload',
        'systemctl stop secef.service',
        'systemctl restart secef.socket',
        'systemctl start secef.service',
      ],
    );
    assert.match(output, /kept \/etc\/httpd\/conf\.d\/secef\.conf/);
    const vhost = await host.read('/etc/httpd/conf.d/secef.conf');
    assert.match(vhost, /Define SSLEngine on/);
    assert.doesNotMatch(vhost, /# newer/);
    assert.match(await host.read('/etc/httpd/conf.d/secef.conf.new'), /# newer/);
    assert.equal(await host.read('/etc/sysconfig/secef'), 'OPTIONS="--valid-dtd"\n');
    assert.match(await host.read('/etc/systemd/system/secef.socket'), /# newer/);
    assert.equal(await host.read(`${PREFIX}.edited/notes`), 'mine\n');
    assert.equal(await host.mustRun('secef --version'), 'secef 99.0.0\n');
  });

  await t.test('the same version: nothing', async () => {
    const now = await host.altered();
    const { output, calls } = await rhel.run(INSTALL);
    assert.match(output, /nothing to change/);
    assert.deepEqual(calls, []);
    const altered = since(now, await host.altered());
    assert.deepEqual(altered, []);
  });

  await t.test('a file of the program that is gone comes back', async () => {
    await host.mustRun(`rm ${PREFIX}/node_modules/saxes/package.json`);
    const { calls } = await rhel.run(INSTALL);
    assert.deepEqual(
      calls.filter((call) => !call.endsWith('/run/httpd/secef')),
      [`restorecon -R ${PREFIX}`, 'systemctl restart secef.service'],
    );
    assert.equal(await host.mustRun('secef --version'), 'secef 99.0.0\n');
  });

  await t.test('uninstalled: what was edited is still there', async () => {
    const { calls } = await rhel.run(`${INSTALL} --uninstall`);
    assert.deepEqual(calls, [
      'systemctl disable --quiet --now secef.socket secef.service',
      'semodule -r secef',
      'systemctl daemon-reload',
      'apachectl configtest',
      'systemctl reload httpd',
    ]);
    const left = madeOrDeleted(await host.altered()).filter((path) => !before.has(path));
    assert.deepEqual(left.filter((path) => !path.startsWith(`${PREFIX}.edited/`)).sort(), [
      '/etc/httpd/conf.d/secef.conf.saved',
      '/etc/sysconfig',
      '/etc/sysconfig/secef',
      `${PREFIX}.edited`,
    ]);
  });
});

test('what is in the way is told, and nothing is changed', async (t) => {
  const host = await Host.make(t);
  await host.mustRun('mkdir /opt/other && touch /opt/other/file');
  await host.write('/root/bin/node', NODE, '755');
  const before = await host.altered();
  for (const [command, status, message] of [
    [`${INSTALL} --prefix /opt/other`, 1, /\/opt\/other is there, but scripts\/install has not/],
    [`${INSTALL} --prefix opt`, 2, /--prefix takes the absolute path/],
    [`${INSTALL} --force`, 2, /unknown option --force/],
    [`${INSTALL} --uninstall`, 1, /nothing that scripts\/install has put there/],
    [`runuser -u www-data -- ${INSTALL}`, 1, /must be run as root/],
    [`PATH=/root/bin:$PATH ${INSTALL}`, 1, /somebody's own node/],
  ] as const) {
    const { code, stderr } = await host.run(command);
    assert.equal(code, status, `${command}: ${stderr}`);
    assert.match(stderr, message);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
  }
  assert.deepEqual(since(before, await host.altered()), []);
});
