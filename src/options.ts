/** The command line: checked, complete, and frozen. */
import { availableParallelism } from 'node:os';
import minimist from 'minimist';
import { GatewayError, toGatewayError } from './errors.ts';
import type { QueueCommand } from './queue/command.ts';

export interface Options {
  readonly debug: boolean;
  readonly dryRun: boolean;
  readonly validDtd: boolean;
  readonly profile: string;
  readonly sock: string;
  readonly manager: string | undefined;
  readonly queue: string;
  /** bytes */
  readonly queueLimit: number;
  /** bytes */
  readonly maxBody: number;
  /** seconds between heartbeats, 0 for none */
  readonly heartbeat: number;
  /** processes that take requests; with one it is the only process */
  readonly workers: number;
}

export type CommandLine =
  | { readonly kind: 'run'; readonly options: Options }
  /** the options, or why they were refused */
  | { readonly kind: 'check'; readonly options: Options | GatewayError }
  | { readonly kind: 'queue'; readonly command: QueueCommand }
  | { readonly kind: 'validate'; readonly files: readonly string[] }
  | { readonly kind: 'help' | 'version' };

const DEFAULT_QUEUE = '/var/lib/secef';

export const HELP = `Usage: secef [options]
       secef queue list | show NAME | retry NAME | drop NAME  [--queue DIR]
       secef validate FILE...
       secef --check [options]

Takes IDMEF XML documents (RFC 4765) from Apache over FastCGI and puts every alert and
heartbeat in them into a Prelude manager.

  --sock, -s PATH      Unix socket for Apache (default /var/run/httpd/secef/secef.sock)
  --profile NAME       Prelude profile to send with (default secef)
  --manager ADDRESS    manager to send to, such as "siem:4690 || backup" (default: server-addr of
                       the profile's configuration)
  --queue DIR          where accepted messages wait until a manager has them (default
                       /var/lib/secef)
  --queue-limit SIZE   most bytes that may wait there, K, M, G (default 1G); 503 above it
  --max-body SIZE      longest document (default 10M); 413 above it
  --heartbeat SECONDS  how often the gateway tells Prelude that it is alive (default 600; 0 is off)
  --workers N          processes that take requests, or auto for one per processor (default 1)
  --dry-run, -n        check documents and answer, but queue and send nothing; needs no Prelude
  --valid-dtd          take only documents that are valid by the DTD of their namespace; 422 to others
  --debug              log the full content of every message
  --check              say whether a gateway with these options would work here, and what to do;
                       changes nothing
  --help               print this
  --version            print the version

secef queue tells what waits and what could not be delivered (rejected); show prints messages,
retry puts rejected ones back into the queue, drop deletes them. secef validate says of documents
what a gateway with --valid-dtd would, and ends with 1 if it would refuse any.

Logs go to standard output, one JSON object a line. Exit status: 0 stopped by a signal, 2 wrong
options, 70 internal error, 78 wrong configuration (Prelude, socket, queue), also of --check; of
secef queue 1 if there is no such name.
`;

const STRINGS = [
  'sock',
  'profile',
  'manager',
  'queue',
  'queue-limit',
  'max-body',
  'heartbeat',
  'workers',
];
const BOOLEANS = ['dry-run', 'valid-dtd', 'debug', 'help', 'version'];
const UNITS = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 } as const;

function usage(message: string): GatewayError {
  return new GatewayError('usage', `${message}; see secef --help`);
}

function isUnit(unit: string): unit is keyof typeof UNITS {
  return unit in UNITS;
}

/** `10M` as bytes. */
function size(name: string, text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,12})([KMG]?)$/i.exec(text) ?? [];
  const letter = unit.toUpperCase();
  const bytes = isUnit(letter) ? Number(digits) * UNITS[letter] : 0;
  if (digits === '' || bytes === 0)
    throw usage(`--${name} wants a size such as 10M, not "${text}"`);
  return bytes;
}

/** a day; timers of Node end at 24 days */
const LONGEST_HEARTBEAT = 86400;

function seconds(name: string, text: string): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Infinity;
  if (number > LONGEST_HEARTBEAT)
    throw usage(`--${name} wants seconds from 0 to ${LONGEST_HEARTBEAT}, not "${text}"`);
  return number;
}

const MOST_WORKERS = 64;

function workerCount(text: string): number {
  // os.cpus() is empty in systemd's sandbox
  if (text === 'auto') return Math.min(availableParallelism(), MOST_WORKERS);
  const number = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > MOST_WORKERS)
    throw usage(`--workers wants auto or a number from 1 to ${MOST_WORKERS}, not "${text}"`);
  return number;
}

function textOf(parsed: minimist.ParsedArgs, name: string, fallback: string): string;
function textOf(parsed: minimist.ParsedArgs, name: string): string | undefined;
function textOf(parsed: minimist.ParsedArgs, name: string, fallback?: string): string | undefined {
  const given: unknown = parsed[name];
  // given twice, the last one counts
  const value: unknown = Array.isArray(given) ? given.at(-1) : given;
  if (value === undefined) return fallback;
  if (typeof value !== 'string' || value.trim() === '') throw usage(`--${name} wants a value`);
  return value;
}

function isAction(word: string | undefined): word is QueueCommand['action'] {
  return word === 'list' || word === 'show' || word === 'retry' || word === 'drop';
}

/** `queue ACTION [NAME] [--queue DIR]` without its first word. */
function parseQueueCommand(args: readonly string[]): CommandLine {
  const parsed = minimist([...args], {
    string: ['queue', '_'],
    unknown: (argument) => {
      if (argument.startsWith('-')) throw usage(`unknown option "${argument}"`);
      return true;
    },
  });
  const [action, name = '', ...more] = parsed._;
  if (!isAction(action)) throw usage('secef queue wants list, show, retry or drop');
  if ((action === 'list') !== (name === '') || more.length > 0 || !/^[\w-]*$/.test(name))
    throw usage(action === 'list' ? 'list takes no name' : `${action} wants one name`);
  const directory = textOf(parsed, 'queue', DEFAULT_QUEUE);
  return { kind: 'queue', command: { action, name, directory } };
}

function parseValidateCommand(files: readonly string[]): CommandLine {
  const option = files.find((file) => file.startsWith('-'));
  if (option !== undefined) throw usage(`unknown option "${option}"`);
  if (files.length === 0) throw usage('secef validate wants the names of files');
  return { kind: 'validate', files };
}

/** `--check` and the options of the gateway that is meant. */
function parseCheck(args: readonly string[]): CommandLine {
  try {
    const parsed = parseOptions(args.filter((argument) => argument !== '--check'));
    return parsed.kind === 'run' ? { kind: 'check', options: parsed.options } : parsed;
  } catch (error) {
    return { kind: 'check', options: toGatewayError(error) };
  }
}

/**
 * Reads the arguments.
 * @throws GatewayError usage that names the option
 */
export function parseOptions(args: readonly string[]): CommandLine {
  if (args[0] === 'queue') return parseQueueCommand(args.slice(1));
  if (args[0] === 'validate') return parseValidateCommand(args.slice(1));
  if (args.includes('--check')) return parseCheck(args);
  const parsed = minimist([...args], {
    string: STRINGS,
    boolean: BOOLEANS,
    alias: { s: 'sock', n: 'dry-run' },
    unknown: (argument) => {
      throw usage(`unknown option or argument "${argument}"`);
    },
  });
  const flag = (name: string): boolean => {
    const given: unknown = parsed[name];
    return given === true || (Array.isArray(given) && given.at(-1) === true);
  };
  if (flag('help')) return { kind: 'help' };
  if (flag('version')) return { kind: 'version' };
  const profile = textOf(parsed, 'profile', 'secef');
  // libprelude makes a path of it
  if (!/^[\w.-]+$/.test(profile)) throw usage(`--profile wants a name, not "${profile}"`);
  return {
    kind: 'run',
    options: Object.freeze({
      debug: flag('debug'),
      dryRun: flag('dry-run'),
      validDtd: flag('valid-dtd'),
      profile,
      sock: textOf(parsed, 'sock', '/var/run/httpd/secef/secef.sock'),
      manager: textOf(parsed, 'manager'),
      queue: textOf(parsed, 'queue', DEFAULT_QUEUE),
      queueLimit: size('queue-limit', textOf(parsed, 'queue-limit', '1G')),
      maxBody: size('max-body', textOf(parsed, 'max-body', '10M')),
      heartbeat: seconds('heartbeat', textOf(parsed, 'heartbeat', '600')),
      workers: workerCount(textOf(parsed, 'workers', '1')),
    }),
  };
}
