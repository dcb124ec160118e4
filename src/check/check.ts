/**
 * `secef --check`: says whether a gateway with these options would work here, and what to do.
 *
 * It looks and changes nothing: no directory, socket or lock is made, and no message sent. Managers
 * see a connection, for which libprelude makes the spool directories that it makes for every session.
 */
import { GatewayError } from '../errors.ts';
import type { Options } from '../options.ts';
import { about, lineOf, type Finding } from './finding.ts';
import { checkManagers } from './manager.ts';
import { checkAdmin, checkProfile } from './prelude.ts';
import { checkQueue } from './queue.ts';
import { checkSocket } from './socket.ts';
import { checkClock, checkDtds, checkNode, checkPrograms, checkUser } from './system.ts';

function optionsFinding({ dryRun, profile, sock, queue }: Options): Finding {
  const { ok } = about('options');
  if (dryRun) return ok(`--dry-run, so no queue and no Prelude; socket ${sock}`);
  return ok(`profile ${profile}, queue ${queue}, socket ${sock}`);
}

async function preludeFindings({ profile, manager }: Options): Promise<Finding[]> {
  const admin = await checkAdmin();
  const { finding, address } = checkProfile(profile, manager);
  const { program } = admin;
  const access =
    program !== undefined && finding.verdict !== 'FAIL' ? { program, profile } : undefined;
  const managers =
    address === undefined
      ? [about('manager').warn('not tried; without the profile its address is not known')]
      : await checkManagers(address, access);
  return [admin.finding, finding, ...managers];
}

async function allFindings(options: Options): Promise<Finding[]> {
  const { dryRun, validDtd, sock, queue, queueLimit } = options;
  return [
    optionsFinding(options),
    checkUser(),
    checkNode(),
    await checkSocket(sock),
    ...(dryRun
      ? []
      : [
          checkPrograms(),
          ...(await checkQueue(queue, queueLimit)),
          ...(await preludeFindings(options)),
        ]),
    ...(validDtd ? [await checkDtds()] : []),
    await checkClock(),
  ];
}

/**
 * Looks at everything and prints a line for each.
 * @param options or why they were refused
 * @returns whether nothing fails
 */
export async function runCheck(
  options: Options | GatewayError,
  print: (line: string) => void,
): Promise<boolean> {
  const findings =
    options instanceof GatewayError
      ? [about('options').fail(options.message)]
      : await allFindings(options);
  for (const finding of findings) print(lineOf(finding));
  return findings.every(({ verdict }) => verdict !== 'FAIL');
}
