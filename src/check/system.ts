/** What does not depend on Prelude: user, Node, programs, DTDs, clock. */
import { statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { reason } from '../errors.ts';
import { Reader } from '../idmef/read.ts';
import { findProgram } from '../prelude/profile.ts';
import { Validator } from '../validate/validator.ts';
import { ask } from './ask.ts';
import { about, type Finding } from './finding.ts';

/** what the queue and the relay start, and their package */
const PROGRAMS = { flock: 'util-linux', setpriv: 'util-linux' } as const;
/** valid in either dialect: there may be no message */
const EMPTY_DOCUMENTS = ['http://iana.org/idmef', 'urn:iana:xml:ns:idmef'].map(
  (namespace) => `<IDMEF-Message xmlns="${namespace}" version="1.0"/>`,
);

/** Whose rights are looked at. */
export function checkUser(): Finding {
  const { ok, warn } = about('user');
  const { username, uid } = userInfo();
  if (uid !== 0) return ok(`${username}; rights are looked at for this user`);
  return warn('root; rights are looked at for root only; run this as the user of the service');
}

/** The version of Node: one that is too old (package.json) has no zlib.crc32 and does not get here. */
export function checkNode(): Finding {
  return about('node').ok(`${process.versions.node}, ${process.execPath}`);
}

/** Small programs of the system. */
export function checkPrograms(): Finding {
  const { ok, fail } = about('programs');
  const missing = Object.entries(PROGRAMS).filter(([name]) => {
    try {
      findProgram(name);
      return false;
    } catch {
      return true;
    }
  });
  if (missing.length === 0) return ok(Object.keys(PROGRAMS).join(', '));
  return fail(
    missing.map(([name, owner]) => `${name} is not installed; install ${owner}`).join('; '),
  );
}

/** The document type definitions of --valid-dtd, and that libxml2 validates by them. */
export async function checkDtds(): Promise<Finding> {
  const { ok, fail } = about('DTDs');
  try {
    const validator = await Validator.open();
    for (const document of EMPTY_DOCUMENTS) {
      const observer = validator.begin();
      new Reader({ message: () => undefined, observer }).write(Buffer.from(document));
      observer.end();
    }
    return ok('libxml2 reads them and validates');
  } catch (error) {
    return fail(`cannot validate: ${reason(error)}; install secef again`);
  }
}

/** Whether the time is plausible. Never an error: it may be the only machine that is right. */
export async function checkClock(): Promise<Finding> {
  const { ok, warn } = about('clock');
  const now = new Date();
  const built = statSync(new URL(import.meta.url)).mtime;
  if (now < built)
    return warn(
      `${now.toISOString()}, but secef was installed at ${built.toISOString()}; set the clock, or TLS and the times of messages fail`,
    );
  const answer = await ask('timedatectl', ['show', '--property=NTPSynchronized']);
  if (answer === 'NTPSynchronized=yes') return ok(`${now.toISOString()}, synchronised`);
  if (answer === 'NTPSynchronized=no')
    return warn(`${now.toISOString()}, not synchronised; install chrony, or see timedatectl`);
  return ok(`${now.toISOString()}, plausible; timedatectl cannot tell whether it is synchronised`);
}
