/**
 * What managers have allowed a profile: the certificates that they gave it when it was registered.
 *
 * libprelude keeps them in client.keycrt of the profile, one for each manager. The permission is
 * the certificate's common name, a number with a bit for each right (prelude-connection.h), and the
 * manager's analyzerid is the issuer's dnQualifier. `prelude-admin list` reads the same.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROFILES } from './profile.ts';

const RIGHTS = { 'idmef:r': 1, 'admin:r': 2, 'idmef:w': 4, 'admin:w': 8 } as const;
/** what a sensor needs */
const WRITE = RIGHTS['idmef:w'];

export interface Certificate {
  /** analyzerid of the manager that gave it */
  readonly manager: string;
  /** such as `idmef:w` */
  readonly permission: string;
  /** messages may be sent with it */
  readonly mayWrite: boolean;
  readonly validFrom: Date;
  readonly validTo: Date;
}

function field(name: string, key: string): string {
  return new RegExp(`^${key}=(.*)$`, 'm').exec(name)?.[1] ?? '';
}

function describe(pem: string): Certificate {
  const { subject, issuer, validFrom, validTo } = new X509Certificate(pem);
  const bits = Number(field(subject, 'CN'));
  const rights = Object.entries(RIGHTS).filter(([, bit]) => (bits & bit) !== 0);
  return {
    manager: field(issuer, 'dnQualifier'),
    permission: rights.map(([name]) => name).join(' '),
    mayWrite: (bits & WRITE) !== 0,
    validFrom: new Date(validFrom),
    validTo: new Date(validTo),
  };
}

/** The certificates of a file of a profile, each in PEM. @throws Error if it cannot be read */
export function readPem(path: string): string[] {
  const pattern = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
  return readFileSync(path, 'utf8').match(pattern) ?? [];
}

/**
 * The certificates of a profile.
 * @param profiles where the profiles are
 * @throws Error if the file cannot be read or holds something else
 */
export function readCertificates(name: string, profiles = PROFILES): Certificate[] {
  return readPem(join(profiles, name, 'client.keycrt')).map(describe);
}
