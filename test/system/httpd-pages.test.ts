/** Who may read the gateway's pages: two network namespaces, Apache is in one of them. */
import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { test } from 'node:test';
import type { Scope } from '../helpers/cleanup.ts';
import { curl, type Answer } from '../helpers/curl.ts';
import { alerts } from '../helpers/documents.ts';
import { Gateway } from '../helpers/gateway.ts';
import { Layout, type Httpd } from '../helpers/layout.ts';
import { Service } from '../helpers/processes.ts';
import { mustRun } from '../helpers/run.ts';
import { tool } from '../helpers/tools.ts';

const SERVER = '192.0.2.1';
const CLIENT = '192.0.2.2';
const POST = ['--header', 'Content-Type: application/xml', '--data-binary', alerts(['pages'])];
const PAGES = ['health', 'ready', 'metrics', 'status'];
/** Other ways to write the same address. */
const DISGUISED = [
  '//health',
  '/%68ealth',
  '/x/../health',
  '/./health',
  '/health?x',
  '/;/../health',
];

type Ask = (target: string, options?: string[]) => Promise<Answer>;

function within(command: string[]): Ask {
  return (target, options = []) =>
    curl(`http://${SERVER}:3128${target}`, ['--path-as-is', ...options], undefined, command);
}

/** Another host: a network of its own, with a cable to Apache's. */
async function neighbour(scope: Scope, httpd: Httpd): Promise<string[]> {
  const mine = readlinkSync('/proc/self/ns/net');
  const host = new Service(scope, tool('unshare', 'util-linux'), ['--net', 'sleep', 'infinity']);
  const ownNetwork = (): boolean => readlinkSync(`/proc/${host.pid}/ns/net`) !== mine;
  await host.waitFor(ownNetwork, 5000, 'network of its own');
  const inside = [tool('nsenter', 'util-linux'), '--target', String(host.pid), '--net', '--'];
  const cable = `link add secef0 type veth peer name secef1 netns ${host.pid}`;
  await ip(httpd.inside, cable, `addr add ${SERVER}/24 dev secef0`, 'link set secef0 up');
  await ip(inside, `addr add ${CLIENT}/24 dev secef1`, 'link set secef1 up');
  return inside;
}

async function ip(inside: string[], ...commands: string[]): Promise<void> {
  for (const text of commands) {
    const [command = '', ...args] = [...inside, tool('ip', 'iproute2'), ...text.split(' ')];
    await mustRun(command, args);
  }
}

async function start(scope: Scope, layout: Layout): Promise<{ here: Ask; there: Ask }> {
  await layout.makeSocketFolder();
  const gateway = new Gateway(scope, ['--dry-run'], layout.socket);
  await gateway.start();
  const httpd = await layout.start();
  return { there: within(await neighbour(scope, httpd)), here: within(httpd.inside) };
}

test('the pages are for the gateway’s own host; alerts are taken from anywhere', async (t) => {
  const { here, there } = await start(t, new Layout(t, 'debian'));
  for (const page of PAGES) {
    const local = await here(`/${page}`);
    assert.ok(local.status !== 403 && local.status !== 404, `${page}: ${local.status}`);
    for (const options of [[], ['--head']])
      assert.equal((await there(`/${page}`, options)).status, 403, page);
  }
  for (const target of DISGUISED)
    assert.match(String((await there(target)).status), /^40[34]$/, target);
  assert.equal((await there('/server-status')).status, 404);
  for (const ask of [here, there]) assert.equal((await ask('/', POST)).status, 200);
});

test('the line of secef.httpd.conf that opens the pages to a network does so', async (t) => {
  const layout = new Layout(t, 'debian');
  layout.edit(/#(Require ip 192\.0\.2\.0\/24)/, '$1');
  const { here, there } = await start(t, layout);
  for (const ask of [here, there]) {
    const { status } = await ask('/health');
    assert.ok(status !== 403 && status !== 404, String(status));
  }
});
