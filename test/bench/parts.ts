/** What is measured: a manager, gateways, the empty responder, and an Apache in front of each. */
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { startApache, type Apache } from '../helpers/apache.ts';
import { makeCertificates } from '../helpers/certificates.ts';
import type { Scope } from '../helpers/cleanup.ts';
import { Gateway } from '../helpers/gateway.ts';
import { groupNumber } from '../helpers/group.ts';
import { Service } from '../helpers/processes.ts';
import { inProject } from '../helpers/root.ts';
import { replaced } from '../helpers/replaced.ts';
import { tempFolder } from '../helpers/temp.ts';
import { isGateway } from './usage.ts';

const RESPONDER_START_TIMEOUT_MS = 10_000;

/** Something behind an Apache of its own. */
export interface Subject {
  readonly apache: Apache;
  /** of the responder, or of the gateway's first process */
  readonly pid: number;
  /** whether a process of this name, if it is that process or below it, counts as the subject's */
  readonly counts: (name: string) => boolean;
}

/** A gateway behind an Apache of its own. */
export interface GatewaySubject extends Subject {
  readonly gateway: Gateway;
}

/** A folder for a socket that Apache may connect to. */
function socketFolder(scope: Scope): string {
  const folder = join(tempFolder(scope), 'run');
  mkdirSync(folder);
  chownSync(folder, 0, groupNumber('www-data'));
  chmodSync(folder, 0o750);
  return folder;
}

/** A connection for each request: what node-fastcgi, and perhaps another program, needs. */
const withoutReuse = (config: string): string => replaced(config, / enablereuse=on\b/g, '');

/** A program that listens on the socket that is its last argument, behind an Apache of its own. */
async function startResponder(
  scope: Scope,
  name: string,
  command: readonly [string, ...string[]],
): Promise<Subject> {
  const socket = join(socketFolder(scope), `${name}.sock`);
  const [program, ...args] = command;
  const service = new Service(scope, program, [...args, socket]);
  await service.waitFor(() => isListening(socket), RESPONDER_START_TIMEOUT_MS, `socket of ${name}`);
  chmodSync(socket, 0o666);
  const apache = await startApache(scope, socket, withoutReuse);
  return { apache, pid: service.pid, counts: () => true };
}

/** Whether a program accepts connections on the socket. */
function isListening(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => {
      resolve(false);
    });
  });
}

/** The yardstick: a node-fastcgi responder that reads the body and answers 200. */
export function startEmptyResponder(scope: Scope): Promise<Subject> {
  const script = inProject('build/test/bench/empty-responder.js');
  return startResponder(scope, 'empty', [process.execPath, script]);
}

/** Another FastCGI program. @param command for a shell, which gets the socket as its last argument */
export function startOther(scope: Scope, command: string): Promise<Subject> {
  return startResponder(scope, 'other', ['sh', '-c', `exec ${command} "$0"`]);
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
  const apache = await startApache(scope, gateway.socket);
  return { gateway, apache, pid: gateway.pid, counts: isGateway };
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
  return { apache, pid, certificate, counts: isGateway };
}
