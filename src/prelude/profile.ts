/**
 * What libprelude keeps of a registered analyzer (profile): its analyzerid, and the configuration
 * that names the managers.
 */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { GatewayError, reason } from '../errors.ts';

/** PRELUDE_CONFIG_DIR of all packages. */
export const PROFILES = '/etc/prelude/profile';
const DEFAULT_ADDRESS = '127.0.0.1';
const INCLUDE_DEPTH = 5;

export interface Profile {
  readonly name: string;
  /** where its key and certificates are */
  readonly directory: string;
  readonly analyzerid: string;
  /** where to send to, in libprelude's syntax: `a:4690 || b && c` */
  readonly address: string;
}

/** How to register it. */
export function register(name: string): string {
  return `register it once: prelude-admin register ${name} "idmef:w" MANAGER-ADDRESS --uid GATEWAY-USER --gid GATEWAY-GROUP`;
}

/** `key = value` of a libprelude configuration file and the files that it includes; the last counts. */
function setting(file: string, key: string, depth = 0): string | undefined {
  if (depth > INCLUDE_DEPTH || !existsSync(file)) return undefined;
  let found: string | undefined;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const match = /^\s*([^#=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line);
    const [, name, raw = ''] = match ?? [];
    const value = raw.replace(/^"(.*)"$/, '$1');
    if (name === 'include') found = setting(value, key, depth + 1) ?? found;
    else if (name === key) found = value;
  }
  return found;
}

/**
 * Reads the profile.
 * @param manager address that takes the place of the profile's server-addr
 * @param profiles where the profiles are
 * @throws GatewayError configuration that says how to register
 */
export function readProfile(
  name: string,
  manager: string | undefined,
  profiles = PROFILES,
): Profile {
  const directory = join(profiles, name);
  try {
    const analyzerid = readFileSync(join(directory, 'analyzerid'), 'utf8').trim();
    // prelude-admin needs it for TLS
    accessSync(join(directory, 'key'), constants.R_OK);
    const address = manager ?? setting(join(directory, 'config'), 'server-addr') ?? DEFAULT_ADDRESS;
    return { name, directory, analyzerid, address };
  } catch (error) {
    const why = existsSync(directory)
      ? `cannot be read: ${reason(error)}; give it to the gateway's user or`
      : `does not exist in ${profiles};`;
    throw new GatewayError('configuration', `the profile ${name} ${why} ${register(name)}`, {
      cause: error,
    });
  }
}

/**
 * The path of a program on PATH.
 * @throws GatewayError configuration
 */
export function findProgram(name: string): string {
  const candidates = isAbsolute(name)
    ? [name]
    : (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, name));
  for (const candidate of candidates) {
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // not this one
    }
  }
  throw new GatewayError(
    'configuration',
    `${name} is not installed; install prelude-utils (Debian) or prelude-tools (RHEL), then register the profile`,
  );
}
