/** The socket for Apache, and the directory that it is made in. */
import { accessSync, constants, lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { reason } from '../errors.ts';
import { ask } from './ask.ts';
import { about, type Finding } from './finding.ts';

/** whom Apache runs as: RHEL, Debian */
const APACHES = ['apache', 'www-data'];
/** longest name of a Unix socket (sun_path, unix(7)) */
const LONGEST = 107;
/** in /proc/net/unix: the socket waits for connections (__SO_ACCEPTCON) */
const LISTENS = 0x10000;

const { ok, warn, fail } = about('socket');

/** Whether a process listens on the socket; looks at the kernel's list and does not connect. */
function isListenedOn(path: string): boolean {
  const real = (name: string): string => join(realpathSync(dirname(name)), basename(name));
  const wanted = real(path);
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .map((line) => line.split(/\s+/))
    .filter(([, , , flags = '']) => (parseInt(flags, 16) & LISTENS) !== 0)
    .some((fields) => {
      try {
        return real(fields.slice(7).join(' ')) === wanted;
      } catch {
        return false; // its directory is gone, or not for us
      }
    });
}

/** The groups of a user of this system, and who that is. */
interface User {
  readonly name: string;
  readonly uid: number;
  readonly groups: readonly number[];
}

async function findApache(): Promise<User | undefined> {
  for (const name of APACHES) {
    const uid = await ask('id', ['--user', name]);
    const groups = await ask('id', ['--groups', name]);
    if (uid !== undefined && groups !== undefined)
      return { name, uid: Number(uid), groups: groups.split(' ').map(Number) };
  }
  return undefined;
}

interface Directory {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** Whether the user may connect to a socket that this process makes there: see listen.ts. */
function mayConnect(user: User, directory: Directory): boolean {
  const inGroup = user.groups.includes(directory.gid);
  const isOwner = user.uid === directory.uid;
  const enters = isOwner ? 0o100 : inGroup ? 0o010 : 0o001;
  const writes = inGroup || user.uid === process.getuid?.();
  return user.uid === 0 || ((directory.mode & enters) !== 0 && writes);
}

/** @returns what is wrong with the directory */
function directoryFault(path: string): string | undefined {
  const directory = dirname(path);
  const { username, uid } = userInfo();
  try {
    const { gid } = statSync(directory);
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    const own = [process.getegid?.(), ...(process.getgroups?.() ?? [])];
    if (uid !== 0 && !own.includes(gid))
      return `the socket would get the group ${gid} of ${directory}, which ${username} is not in; chgrp the directory`;
    return undefined;
  } catch (error) {
    return `${username} cannot use ${directory}: ${reason(error)}; the service makes it when it starts, or systemd-tmpfiles --create secef.conf; its owner has to be the gateway's user`;
  }
}

/** Looks at the socket's directory, and whether Apache may connect. Touches nothing. */
export async function checkSocket(path: string): Promise<Finding> {
  if (Buffer.byteLength(path) > LONGEST)
    return fail(`the name ${path} is longer than ${LONGEST} bytes; choose another --sock`);
  const fault = directoryFault(path);
  if (fault !== undefined) return fail(fault);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isSocket() === false)
    return fail(`${path} is not a socket; remove it or choose another --sock`);
  const state =
    found === undefined
      ? 'can be made'
      : isListenedOn(path)
        ? 'in use by a running gateway'
        : 'left by a gateway that was killed, the next one takes its place';
  const apache = await findApache();
  if (apache === undefined)
    return warn(
      `${path} ${state}; there is no user ${APACHES.join(' or ')}: see that Apache is in the group of ${dirname(path)}`,
    );
  if (!mayConnect(apache, statSync(dirname(path))))
    return warn(
      `${path} ${state}, but ${apache.name} cannot connect to it, so Apache would answer 503; chgrp ${apache.name} ${dirname(path)}, and mode 750`,
    );
  return ok(`${path} ${state}; ${apache.name} may connect`);
}
