/** prelude-admin and the profile. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { GatewayError, reason } from '../errors.ts';
import { readCertificates, type Certificate } from '../prelude/certificates.ts';
import { findProgram, PROFILES, readProfile, register } from '../prelude/profile.ts';
import { ask } from './ask.ts';
import { about, type Finding } from './finding.ts';

/** of a profile, beside what readProfile and readCertificates read */
const FILES = ['config', 'client.trusted'];

/** prelude-admin does not tell its version; who installed it does. */
async function installedVersion(): Promise<string> {
  return (
    (await ask('dpkg-query', ['--show', '--showformat=${Version}', 'prelude-utils'])) ??
    (await ask('rpm', ['--query', '--queryformat=%{VERSION}-%{RELEASE}', 'prelude-tools'])) ??
    'of a version that no package tells'
  );
}

/** Looks for prelude-admin. @returns also its path, undefined if it is not there */
export async function checkAdmin(): Promise<{ finding: Finding; program: string | undefined }> {
  const { ok, fail } = about('prelude-admin');
  try {
    const program = findProgram('prelude-admin');
    return { finding: ok(`${program}, ${await installedVersion()}`), program };
  } catch (error) {
    return { finding: fail(reason(error)), program: undefined };
  }
}

const { ok, warn, fail } = about('profile');

/** What is wrong with a certificate at that time; undefined if nothing is. */
export function faultOf(
  { permission, mayWrite, validFrom, validTo }: Certificate,
  now = new Date(),
): string | undefined {
  if (!mayWrite) return `has the permission "${permission}" where "idmef:w" is needed`;
  if (now < validFrom) return `is valid from ${validFrom.toISOString()} on; see the clock`;
  if (now > validTo) return `has expired at ${validTo.toISOString()}`;
  return undefined;
}

/** Each manager has given a certificate; one that is good is enough for a gateway that starts. */
function certificateFinding(name: string): Finding {
  const certificates = readCertificates(name);
  const faults = certificates.map((certificate) => ({ certificate, fault: faultOf(certificate) }));
  const bad = faults
    .filter(({ fault }) => fault !== undefined)
    .map(({ certificate, fault }) => `its certificate of manager ${certificate.manager} ${fault}`)
    .join(', ');
  if (certificates.length === 0) return fail(`${name} has no certificate; ${register(name)}`);
  if (faults.every(({ fault }) => fault !== undefined))
    return fail(`${name}: ${bad}; ${register(name)}`);
  if (bad !== '') return warn(`${name}: ${bad}; ${register(name)}`);
  const permissions = certificates.map(({ permission }) => permission);
  return ok(`${name} can be read, permission ${permissions.join(', ')}`);
}

/**
 * Looks at the files of the profile, and at what managers have allowed it.
 * @param manager address that takes the place of the profile's
 * @returns also the address to send to, undefined if it is not known
 */
export function checkProfile(
  name: string,
  manager: string | undefined,
): { finding: Finding; address: string | undefined } {
  let address = manager;
  try {
    ({ address } = readProfile(name, manager));
    for (const file of FILES) accessSync(join(PROFILES, name, file), constants.R_OK);
    return { finding: certificateFinding(name), address };
  } catch (error) {
    if (error instanceof GatewayError) return { finding: fail(error.message), address };
    const what = `${name} cannot be used: ${reason(error)}`;
    return {
      finding: fail(`${what}; give it to the gateway's user or ${register(name)}`),
      address,
    };
  }
}
