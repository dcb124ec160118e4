/** What is measured: a manager, gateways, the empty responder, and an Apache in front of each. */
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApache, type Apache } from '../helpers/apache.ts';
import { makeCertificates } from '../helpers/certificates.ts';
import type { Scope } from '../helpers/cleanup.ts';
import { Gateway } from '../helpers/gateway.ts';
import { groupNumber } from '../helpers/group.ts';
import { Service } from '../helpers/processes.ts';
import { inProject } from '../helpers/root.ts';
import { tempFolder } from '../helpers/temp.ts';

/** Something behind an Apache of its own. */
export interface Subject {
  readonly apache: Apache;
  /** of the responder, or of the gateway's first process */
  readonly pid: number;
}

/** A gateway behind an Apache of its own. */
export interface GatewaySubject extends Subject {
  readonly gateway: Gateway;
}

/** The ceiling. */
export async function startEmptyResponder(scope: Scope): Promise<Subject> {
  const folder = join(tempFolder(scope), 'run');
  mkdirSync(folder);
  chownSync(folder, 0, groupNumber('www-data'));
  chmodSync(folder, 0o750);
  const socket = join(folder, 'empty.sock');
  const script = inProject('build/test/bench/empty-responder.js');
  const service = new Service(scope, process.execPath, [script, socket]);
  await service.waitFor(() => service.stdout.includes('listening'), 10_000, 'empty responder');
  chmodSync(socket, 0o666);
  return { apache: await startApache(scope, socket), pid: service.pid };
}

/** A gateway that sends to the address. */
export async function startGatewayFor(
  scope: Scope,
  profile: string,
  address: string,
  options: readonly string[] = [],
): Promise<GatewaySubject> {
  const gateway = new Gateway(scope, ['--profile', profile, '--manager', address, ...options]);
  await gateway.start();
  return { gateway, apache: await startApache(scope, gateway.socket), pid: gateway.pid };
}

/** An Apache with TLS in front of the same gateway. */
export interface TlsSubject extends Subject {
  /** file with a sensor's certificate and its key */
  readonly certificate: string;
}

/** TLS as README has it set up, with client certificates. */
export async function startTls(
  scope: Scope,
  { gateway, pid }: GatewaySubject,
): Promise<TlsSubject> {
  const { folder } = await makeCertificates(scope);
  const file = (name: string): string => join(folder, name);
  const certificate = file('sensor.pem');
  const parts = ['sensor1.crt', 'sensor1.key'].map((name) => readFileSync(file(name), 'utf8'));
  writeFileSync(certificate, parts.join('\n'));
  const files = { CERT: 'gateway.crt', KEY: 'gateway.key', CA: 'ca.crt', CRL: 'secef.crl' };
  const apache = await startApache(scope, gateway.socket, (config) => {
    let text = config.replace('SSLEngine off', 'SSLEngine on');
    for (const [name, value] of Object.entries(files))
      text = text.replaceAll(new RegExp(`(Define SECEF_${name} +)".*"`, 'g'), `$1"${file(value)}"`);
    return `LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so
${text}`;
  });
  return { apache, pid, certificate };
}
