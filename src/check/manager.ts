/** Whether managers can be reached: each host of the address is tried, all at a time. */
import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { reason } from '../errors.ts';
import { register } from '../prelude/profile.ts';
import { parseAddress, splitHost, type Alternatives } from '../relay/address.ts';
import { CLOSE_NOTIFY, TLS_DEBUG } from '../relay/admin.ts';
import { dieWithParent } from '../relay/child.ts';
import { outcomeOf, type RunResult } from '../relay/outcome.ts';
import { about, type Finding } from './finding.ts';

/** milliseconds for each host */
const PATIENCE = 5000;
const NO_ANSWER = `no answer within ${PATIENCE / 1000} s`;

const { ok, warn, fail } = about('manager');

/** How hosts are tried. */
export interface Access {
  /** path of prelude-admin */
  readonly program: string;
  readonly profile: string;
}

/** What was found out about a host. */
interface Trial {
  readonly good: boolean;
  readonly text: string;
  /** what there is to do, where that is known */
  readonly remedy?: string;
}

const REMEDY = 'see the address, the manager, and firewalls between';
/** what libprelude says if the profile was registered with another manager, or for something else */
const NOT_REGISTERED = /\bnot trusted\b|\bcredentials\b/i;

/** A whole session of a relay, in which no message is sent. */
function openSession({ program, profile }: Access, address: string): Promise<RunResult> {
  const { command, args } = dieWithParent(program, ['send', profile, address, '/dev/null']);
  const options = {
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
    env: { ...process.env, LIBPRELUDE_TLS_DEBUG: TLS_DEBUG },
    maxBuffer: Infinity,
  } as const;
  return new Promise((resolve) => {
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      resolve({
        exitCode: child.exitCode ?? undefined,
        signal: child.signalCode ?? undefined,
        spawnError: child.pid === undefined ? reason(error) : undefined,
        writeError: undefined,
        inputRead: true,
        closeNotify: stdout.includes(CLOSE_NOTIFY),
        stderr,
        hung: child.killed,
      });
    });
  });
}

async function trySession(access: Access, address: string): Promise<Trial> {
  const result = await openSession(access, address);
  const outcome = outcomeOf(result);
  if (outcome.kind === 'delivered')
    return { good: true, text: `${address} takes messages of ${access.profile}` };
  // without what libprelude's log puts in front
  const said = outcome.why.replace(/^.*\bWARNING: /, '').replace(/\.$/, '');
  const text = `${address}: ${result.hung ? NO_ANSWER : said}`;
  return NOT_REGISTERED.test(said)
    ? { good: false, text, remedy: register(access.profile) }
    : { good: false, text };
}

/** Without a profile that can be used there is no more than this. */
function tryConnection(address: string): Promise<Trial> {
  const where = splitHost(address);
  if (where === undefined)
    return Promise.resolve({ good: false, text: `${address}: cannot be tried without a profile` });
  return new Promise((resolve) => {
    const socket = connect(where);
    const end = (good: boolean, text: string): void => {
      socket.destroy();
      resolve({ good, text: `${address}${text}` });
    };
    socket.setTimeout(PATIENCE, () => {
      end(false, `: ${NO_ANSWER}`);
    });
    socket.once('connect', () => {
      end(true, ' takes connections; without a usable profile no more was tried');
    });
    socket.once('error', (error) => {
      end(false, `: ${reason(error)}`);
    });
  });
}

/** A manager that others stand in for is not needed; one that is to get everything is. */
function judge(alternatives: Alternatives, trials: ReadonlyMap<string, Trial>): Finding[] {
  const isGood = (host: string): boolean => trials.get(host)?.good === true;
  const enough = alternatives.some((group) => group.every(isGood));
  return [...trials.values()].map(({ good, text, remedy = REMEDY }) => {
    if (good) return ok(text);
    return enough ? warn(`${text}; others stand in for it; ${remedy}`) : fail(`${text}; ${remedy}`);
  });
}

/**
 * Tries the hosts of an address. Sends no message.
 * @param access undefined if there is no profile that can be used, or no prelude-admin
 */
export async function checkManagers(
  address: string,
  access: Access | undefined,
): Promise<Finding[]> {
  let alternatives: Alternatives;
  try {
    alternatives = parseAddress(address);
  } catch (error) {
    return [fail(reason(error))];
  }
  const trial = (host: string): Promise<Trial> =>
    access === undefined ? tryConnection(host) : trySession(access, host);
  const hosts = [...new Set(alternatives.flat())];
  const trials = await Promise.all(
    hosts.map(async (host): Promise<[string, Trial]> => [host, await trial(host)]),
  );
  return judge(alternatives, new Map(trials));
}
