#!/usr/bin/env node
/** The program: options, log, gateway, signals, exit status. */
import { runCheck } from './check/check.ts';
import { consequence, toGatewayError, type GatewayError } from './errors.ts';
import { startGateway, type Gateway } from './gateway.ts';
import { createLog, type Log } from './log.ts';
import { HELP, parseOptions, type Options } from './options.ts';
import { runQueueCommand } from './queue/command.ts';
import { disk } from './queue/files.ts';
import { ServiceManager } from './service-manager.ts';
import { runValidateCommand } from './validate/command.ts';
import { VERSION } from './version.ts';
import { WORKER_NAME } from './workers/messages.ts';
import { runWorker } from './workers/worker.ts';

/** EX_SOFTWARE of sysexits.h */
const EX_SOFTWARE = 70;
/** EX_CONFIG of sysexits.h */
const EX_CONFIG = 78;

function exitStatus(error: GatewayError): number {
  return consequence(error.code).exit ?? EX_SOFTWARE;
}

/** One line for the operator at the terminal; standard output is the log's. */
function complain(error: GatewayError): void {
  process.stderr.write(`secef: ${error.message}\n`);
}

async function run(options: Options, log: Log): Promise<void> {
  const systemd = new ServiceManager(process.env, process.pid, (why) => {
    log('not-notified', { why });
  });
  const { dryRun, profile, queue } = options;
  const sock = systemd.socket?.name ?? options.sock;
  log('starting', { version: VERSION, dryRun, profile, sock, queue });
  const starting = startGateway(options, VERSION, log, systemd.socket?.fd);
  // from the very beginning: a signal while it starts is obeyed when it has started
  stopOnSignals(starting, systemd, log);
  const gateway = await starting;
  log('listening', { sock });
  await systemd.ready(`listening on ${sock}`, () => gateway.isWell());
}

function stopOnSignals(starting: Promise<Gateway>, systemd: ServiceManager, log: Log): void {
  let stopping = false;
  const stop = (signal: string): void => {
    // the second signal does not wait; what was accepted is on disk
    if (stopping) {
      log('stopped', { signal });
      process.exit(0);
    }
    stopping = true;
    log('stopping', { signal });
    const told = systemd.stopping();
    starting
      .then((gateway) => gateway.stop())
      .then(() => told)
      .then(() => {
        log('stopped');
        process.exit(0);
      })
      .catch((error: unknown) => {
        fail(error, log);
      });
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

async function serve(options: Options): Promise<void> {
  const log = createLog(options.debug);
  // what nobody expected ends the process; accepted messages are on disk, and systemd starts anew
  process.on('uncaughtException', (error) => {
    fail(error, log);
  });
  const worker = process.env[WORKER_NAME];
  if (worker !== undefined && process.connected) {
    runWorker(worker, options, log);
    return;
  }
  try {
    await run(options, log);
  } catch (error) {
    fail(error, log);
  }
}

async function main(): Promise<void> {
  const commandLine = parseOptions(process.argv.slice(2));
  switch (commandLine.kind) {
    case 'help':
      process.stdout.write(HELP);
      return;
    case 'version':
      process.stdout.write(`secef ${VERSION}\n`);
      return;
    case 'queue': {
      const text = await runQueueCommand(commandLine.command, disk);
      if (text !== '') process.stdout.write(`${text}\n`);
      return;
    }
    case 'validate': {
      const good = await runValidateCommand(commandLine.files, (line) => {
        process.stdout.write(`${line}\n`);
      });
      process.exitCode = good ? 0 : 1;
      return;
    }
    case 'check': {
      const good = await runCheck(commandLine.options, (line) => {
        process.stdout.write(`${line}\n`);
      });
      process.exitCode = good ? 0 : EX_CONFIG;
      return;
    }
    case 'run':
      await serve(commandLine.options);
  }
}

main().catch((thrown: unknown) => {
  const error = toGatewayError(thrown);
  complain(error);
  process.exitCode = exitStatus(error);
});
