import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from './cleanup.ts';
import { commandsOf } from './readme.ts';
import { mustRun } from './run.ts';
import { tempFolder } from './temp.ts';
import { tool } from './tools.ts';

/** The section of README.md whose commands make the certificates. */
export const TLS_SECTION = 'TLS with client certificates';

/** An authority, the gateway's certificate and its sensors', as files of one folder. */
export interface Certificates {
  folder: string;
  /** curl's options for one of the certificates, and for the authority. */
  options(name: string): string[];
  /** Puts sensor2 on the list secef.crl, with the commands of README.md. */
  revoke(): Promise<void>;
}

async function shell(folder: string, commands: string): Promise<void> {
  tool('openssl', 'openssl');
  await mustRun('bash', ['-ec', `cd "$0"; ${commands}`, folder]);
}

function certificatesIn(folder: string): Certificates {
  const file = (name: string): string => join(folder, name);
  return {
    folder,
    options: (name) => [
      ...['--cacert', file('ca.crt')],
      ...['--cert', file(`${name}.crt`), '--key', file(`${name}.key`)],
    ],
    revoke: () => shell(folder, commandsOf(TLS_SECTION, '-revoke')),
  };
}

/**
 * Makes them with the commands of README.md: ca, gateway, sensor1, sensor2, secef.crl. Besides:
 * `expired` was a sensor; `foreign` is of another authority that has the same name.
 */
export async function makeCertificates(scope: Scope): Promise<Certificates> {
  const folder = tempFolder(scope);
  const make = commandsOf(TLS_SECTION, 'mkdir');
  await shell(folder, make);
  const past = '-startdate 20200101000000Z -enddate 20200201000000Z';
  const sign = 'openssl ca -batch -notext -config ca.cnf -extensions sensor';
  await shell(
    folder,
    `openssl req -new -key sensor1.key -subj /O=Example/CN=expired -out expired.csr
     ${sign} ${past} -in expired.csr -out expired.crt; cp sensor1.key expired.key`,
  );
  mkdirSync(join(folder, 'other'));
  await shell(join(folder, 'other'), make);
  await shell(folder, 'cp other/sensor1.crt foreign.crt; cp other/sensor1.key foreign.key');
  return certificatesIn(folder);
}
