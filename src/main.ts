#!/usr/bin/env node
/** The program: options, log, gateway, signals, exit status. */
import { consequence, toGatewayError, type GatewayError } from './errors.ts';
import { startGateway } from './gateway.ts';
import { createLog, type Log } from './log.ts';
import { HELP, parseOptions, type Options } from './options.ts';
import { VERSION } from './version.ts';

/** EX_SOFTWARE of sysexits.h */
const EX_SOFTWARE = 70;

function exitStatus(error: GatewayError): number {
  return consequence(error.code).exit ?? EX_SOFTWARE;
}

/** One line for the operator at the terminal; standard output is the log's. */
function complain(error: GatewayError): void {
  process.stderr.write(`secef: ${error.message}\n`);
}

async function run(options: Options, log: Log): Promise<void> {
  const { dryRun, profile, sock, queue } = options;
  log('starting', { version: VERSION, dryRun, profile, sock, queue });
  const gateway = await startGateway(options, VERSION, log);
  log('listening', { sock });
  let stopping = false;
  const stop = (signal: string): void => {
    // the second signal does not wait; what was accepted is on disk
    if (stopping) process.exit(0);
    stopping = true;
    log('stopping', { signal });
    gateway.stop().then(
      () => {
        log('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        fail(error, log);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function fail(thrown: unknown, log: Log): never {
  const error = toGatewayError(thrown);
  log('failed', { code: error.code, reason: error.message, err: error.cause });
  complain(error);
  process.exit(exitStatus(error));
}

function main(): void {
  let options: Options;
  try {
    const commandLine = parseOptions(process.argv.slice(2));
    if (commandLine.kind !== 'run') {
      process.stdout.write(commandLine.kind === 'help' ? HELP : `secef ${VERSION}\n`);
      return;
    }
    ({ options } = commandLine);
  } catch (thrown) {
    const error = toGatewayError(thrown);
    complain(error);
    process.exitCode = exitStatus(error);
    return;
  }
  const log = createLog(options.debug);
  // what nobody expected ends the process; accepted messages are on disk, and systemd starts anew
  process.on('uncaughtException', (error) => {
    fail(error, log);
  });
  run(options, log).catch((error: unknown) => {
    fail(error, log);
  });
}

main();
