import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { Tmpfs } from '../helpers/tmpfs.ts';
import { startApache } from '../helpers/apache.ts';
import { check, type Said } from '../helpers/check.ts';
import { postText } from '../helpers/curl.ts';
import { alerts } from '../helpers/documents.ts';
import { Gateway } from '../helpers/gateway.ts';
import { Manager, startManager } from '../helpers/manager.ts';
import { freePort } from '../helpers/ports.ts';
import { tool } from '../helpers/tools.ts';

const manager = await startManager({ after }, 'sys-check');

const sending = ['--profile', manager.profile, '--manager', manager.address];

function folderOf(gateway: Gateway): string {
  return dirname(gateway.queue);
}

/** Everything below a folder, with all that a change would change. */
function listing(folder: string): string[] {
  return ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })].map((name) => {
    const { ino, mode, uid, gid, size, mtimeMs, ctimeMs } = lstatSync(join(folder, name));
    return [name, ino, mode, uid, gid, size, mtimeMs, ctimeMs].join(' ');
  });
}

function everywhere(gateway: Gateway): string[] {
  const prelude = [
    `/etc/prelude/profile/${manager.profile}`,
    `/var/spool/prelude/${manager.profile}`,
  ];
  return [folderOf(gateway), ...prelude].flatMap(listing);
}

/** A user without rights, who may read the project wherever it is. */
const asNobody = [
  // nobody may write what measures the coverage, and Node says so
  ...[tool('env', 'coreutils'), '--unset=NODE_V8_COVERAGE'],
  tool('setpriv', 'util-linux'),
  ...['--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups'],
  ...['--inh-caps', '+dac_read_search', '--ambient-caps', '+dac_read_search'],
];

test('all is well: exit status 0, nothing is changed and nothing sent', async (t) => {
  const gateway = new Gateway(t, []);
  mkdirSync(gateway.queue, { mode: 0o700 });
  const before = everywhere(gateway);
  const said = await check(gateway, [...sending, '--valid-dtd']);
  assert.equal(said.code, 0, said.all);
  assert.doesNotMatch(said.all, /^FAIL/m);
  for (const subject of ['options', 'node', 'programs', 'socket', 'queue', 'prelude-admin'])
    assert.match(said.about(subject), /^ok /, said.all);
  assert.match(said.about('profile'), /^ok .*permission idmef:w$/);
  assert.match(said.about('manager'), /^ok .* takes messages/);
  assert.match(said.about('DTDs'), /^ok /);
  assert.match(said.about('clock'), /^(ok {2}|WARN) /);
  assert.match(said.about('user'), /^WARN user: root/);
  assert.deepEqual(everywhere(gateway), before);
  assert.deepEqual(manager.received(), []);
  assert.deepEqual(manager.heartbeats(), []);
});

test('a queue directory that is not there is not made', async (t) => {
  const gateway = new Gateway(t, []);
  const before = everywhere(gateway);
  const said = await check(gateway, sending);
  assert.equal(said.code, 0, said.all);
  assert.match(said.about('queue'), /is made at the first start/);
  assert.deepEqual(everywhere(gateway), before);
});

test('beside a running gateway all is well, and the gateway goes on', async (t) => {
  const gateway = new Gateway(t, sending);
  await gateway.start();
  const said = await check(gateway, sending);
  assert.equal(said.code, 0, said.all);
  assert.match(said.about('socket'), /^ok .* in use by a running gateway/);
  assert.match(said.about('queue'), /^ok .* in use by a running gateway/);
  const apache = await startApache(t, gateway.socket);
  assert.equal((await postText(apache.url, alerts(['beside']))).status, 200);
  await manager.waitForIds(['beside'], 10_000);
  assert.equal(gateway.log().filter(({ level }) => Number(level) > 30).length, 0);

  await gateway.kill();
  const killed = await check(gateway, sending);
  assert.equal(killed.code, 0, killed.all);
  assert.match(killed.about('socket'), /^ok .* left by a gateway that was killed/);
  assert.match(killed.about('queue'), /^ok .* is free/);
  assert.ok(lstatSync(gateway.socket).isSocket());
});

test('without a profile it says how to register', async (t) => {
  const gateway = new Gateway(t, []);
  const said = await check(gateway, ['--profile', 'sys-check-none', '--manager', manager.address]);
  assert.equal(said.code, 78);
  assert.match(said.about('profile'), /^FAIL .*prelude-admin register sys-check-none "idmef:w"/);
  assert.match(said.about('manager'), /^ok .* takes connections/);
  const bare = await check(gateway, ['--profile', 'sys-check-none']);
  assert.match(bare.about('manager'), /^WARN .*not tried/);
});

test('a profile that may read only is told of', async (t) => {
  const reader = new Manager(t, 'sys-check-reader', await freePort(), 'admin:r');
  await reader.start();
  const gateway = new Gateway(t, []);
  const args = ['--profile', reader.profile, '--manager', reader.address];
  const said = await check(gateway, args);
  assert.equal(said.code, 78, said.all);
  assert.match(said.about('profile'), /^FAIL .*"admin:r" where "idmef:w" is needed; register/);

  const foreign = await check(gateway, [...sending, '--manager', reader.address]);
  assert.equal(foreign.code, 78, foreign.all);
  assert.match(foreign.about('profile'), /^ok /);
  assert.match(foreign.about('manager'), /^FAIL .*certificate is NOT trusted; register it/);

  rmSync(`/etc/prelude/profile/${reader.profile}/client.trusted`);
  const torn = await check(gateway, args);
  assert.match(
    torn.about('profile'),
    /^FAIL .*ENOENT.*client\.trusted.*; .*prelude-admin register/,
  );
});

test('a manager that is down or does not answer is told of', async (t) => {
  const gateway = new Gateway(t, []);
  const profile = ['--profile', manager.profile];
  const down = `127.0.0.1:${await freePort()}`;
  const said = await check(gateway, [...profile, '--manager', down]);
  assert.equal(said.code, 78);
  assert.match(said.about('manager'), /^FAIL .*Connection refused/);

  const either = await check(gateway, [...profile, `--manager=${down}||${manager.address}`]);
  assert.equal(either.code, 0, either.all);
  assert.match(either.about('manager'), /^WARN .*refused.*\nok /);
  const both = await check(gateway, [...profile, `--manager=${manager.address}&&${down}`]);
  assert.equal(both.code, 78, both.all);
  assert.match(both.about('manager'), /^ok .*\nFAIL .*refused/);

  manager.freeze();
  try {
    const frozen = await check(gateway, sending);
    assert.equal(frozen.code, 78, frozen.all);
    assert.match(frozen.about('manager'), /^FAIL .*no answer within 5 s/);
  } finally {
    manager.thaw();
  }
});

test('what the user may not use is told of', async (t) => {
  const gateway = new Gateway(t, []);
  mkdirSync(gateway.queue, { mode: 0o700 });
  const before = everywhere(gateway);
  const said = await check(gateway, sending, { through: asNobody });
  assert.equal(said.code, 78, said.all);
  assert.match(said.about('user'), /^ok .*nobody/);
  for (const subject of ['queue', 'socket', 'profile'])
    assert.match(said.about(subject), /^FAIL .*(EACCES|permission denied).*; /, said.all);
  rmSync(gateway.queue, { recursive: true });
  const absent = await check(gateway, sending, { through: asNobody });
  assert.match(absent.about('queue'), /^FAIL .*EACCES/);
  mkdirSync(gateway.queue, { mode: 0o700 });
  assert.equal(everywhere(gateway).length, before.length);
});

async function spaceOf(gateway: Gateway, ...args: string[]): Promise<string> {
  const { code, about } = await check(gateway, [...sending, ...args]);
  assert.equal(code, about('queue').includes('FAIL') ? 78 : 0);
  return about('queue');
}

/** A gateway whose queue is a small file system. */
async function onTmpfs(t: TestContext): Promise<{ gateway: Gateway; disk: Tmpfs }> {
  const disk = await Tmpfs.mount(t, 20);
  const gateway = new Gateway(t, []);
  symlinkSync(disk.path, gateway.queue);
  return { gateway, disk };
}

test('little space, no space and a queue that is nearly full are told of', async (t) => {
  const { gateway, disk } = await onTmpfs(t);
  assert.match(await spaceOf(gateway, '--queue-limit', '10M'), /\nok .*10M wait, 20M are free/);
  assert.match(await spaceOf(gateway, '--queue-limit', '1G'), /\nFAIL .*the disk is full/);
  assert.match(await spaceOf(gateway, '--queue-limit', '50M'), /\nWARN .*full before the queue is/);
  const segment = join(disk.path, '0000000000000001.idmef');
  writeFileSync(segment, Buffer.alloc(5 * 1024 ** 2));
  assert.match(await spaceOf(gateway, '--queue-limit', '10M'), /\nok .*5M of/);
  assert.match(await spaceOf(gateway, '--queue-limit', '6M'), /\nWARN .*nearly full/);
  assert.match(await spaceOf(gateway, '--queue-limit', '5M'), /\nFAIL .*full/);
  disk.fill();
  assert.equal(statfsSync(disk.path).bavail, 0);
  assert.match(await spaceOf(gateway, '--queue-limit', '10M'), /\nFAIL .*the disk is full/);
});

test('a read-only disk is told of', async (t) => {
  const { gateway, disk } = await onTmpfs(t);
  await disk.makeReadOnly(t);
  assert.match(await spaceOf(gateway), /^FAIL .*EROFS/);
});

test('rejected messages are told of', async (t) => {
  const gateway = new Gateway(t, []);
  mkdirSync(join(gateway.queue, 'rejected'), { recursive: true });
  writeFileSync(join(gateway.queue, 'rejected', 'x.idmef'), '');
  const said = await check(gateway, sending);
  assert.equal(said.code, 0);
  assert.match(said.about('queue'), /\nWARN .*1 rejected .*secef queue list/);
});

/** A PATH with these programs only. */
function pathWith(gateway: Gateway, programs: Readonly<Record<string, string>>): string {
  const folder = join(folderOf(gateway), 'bin');
  mkdirSync(folder);
  for (const [name, owner] of Object.entries(programs))
    symlinkSync(tool(name, owner), join(folder, name));
  return folder;
}

test('programs that are not on PATH are told of, with their package', async (t) => {
  const gateway = new Gateway(t, []);
  const path = pathWith(gateway, { flock: 'util-linux', id: 'coreutils' });
  const said = await check(gateway, sending, { path });
  assert.equal(said.code, 78);
  assert.match(said.about('prelude-admin'), /^FAIL .*install prelude-utils/);
  assert.match(said.about('programs'), /^FAIL .*setpriv is not installed; install util-linux/);
  assert.match(said.about('manager'), /^ok .*takes connections/);
});

test('a clock that is not synchronised is a warning', async (t) => {
  const gateway = new Gateway(t, []);
  for (const [answer, expected] of [
    ['no', /^WARN .*not synchronised/],
    ['yes', /^ok .*, synchronised/],
  ] as const) {
    const path = join(folderOf(gateway), answer);
    mkdirSync(path);
    writeFileSync(join(path, 'timedatectl'), `#!/bin/sh\necho NTPSynchronized=${answer}\n`);
    chmodSync(join(path, 'timedatectl'), 0o755);
    const said = await check(gateway, ['--dry-run'], { path: `${path}:/usr/bin:/bin` });
    assert.equal(said.code, 0, said.all);
    assert.match(said.about('clock'), expected);
  }
});

test('a socket that cannot be made or reached is told of', async (t) => {
  const gateway = new Gateway(t, []);
  const folder = folderOf(gateway);
  const socketAt = async (path: string): Promise<Said> =>
    check(gateway, ['--dry-run', '--sock', path]);
  const before = listing(folder);
  const missing = await socketAt(join(folder, 'missing', 'secef.sock'));
  assert.equal(missing.code, 78);
  assert.match(missing.about('socket'), /^FAIL .*ENOENT.*systemd-tmpfiles/);
  assert.match((await socketAt(`/${'x'.repeat(107)}`)).about('socket'), /^FAIL .*longer than 107/);
  assert.match((await socketAt(gateway.queue)).about('socket'), /^WARN .*chgrp www-data/);
  assert.deepEqual(listing(folder), before);
  writeFileSync(gateway.socket, 'precious');
  assert.match((await socketAt(gateway.socket)).about('socket'), /^FAIL .*is not a socket/);
});

test('--dry-run leaves out Prelude and the queue', async (t) => {
  const gateway = new Gateway(t, []);
  const said = await check(gateway, ['--dry-run', '--profile', 'sys-check-none']);
  assert.equal(said.code, 0, said.all);
  for (const subject of ['queue', 'prelude-admin', 'programs', 'profile', 'manager', 'DTDs'])
    assert.equal(said.about(subject), '');
  assert.match(said.about('socket'), /^ok .*www-data may connect/);
});

test('wrong options are told of', async (t) => {
  const said = await check(new Gateway(t, []), ['--queue-limit', 'much']);
  assert.equal(said.code, 78);
  assert.match(said.all, /^FAIL options: --queue-limit wants a size.*\n$/);
});
