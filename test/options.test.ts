import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { GatewayError } from '../src/errors.ts';
import { HELP, parseOptions, type Options } from '../src/options.ts';

function options(...args: string[]): Options {
  const parsed = parseOptions(args);
  assert.ok(parsed.kind === 'run');
  return parsed.options;
}

function refusal(...args: string[]): string {
  try {
    parseOptions(args);
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    assert.equal(error.code, 'usage');
    return error.message;
  }
  assert.fail(`${args.join(' ')} was taken`);
}

test('without arguments everything has the value that the help names', () => {
  assert.deepEqual(options(), {
    debug: false,
    dryRun: false,
    validDtd: false,
    profile: 'secef',
    sock: '/var/run/httpd/secef/secef.sock',
    manager: undefined,
    queue: '/var/lib/secef',
    queueLimit: 1024 ** 3,
    maxBody: 10 * 1024 ** 2,
    heartbeat: 600,
    workers: 1,
  });
});

test('takes the old options as they were', () => {
  assert.equal(options('-s', '/a.sock').sock, '/a.sock');
  assert.equal(options('--sock=/a.sock').sock, '/a.sock');
  assert.equal(options('-n').dryRun, true);
  assert.equal(options('--dry-run', '--debug').debug, true);
  assert.equal(options('--profile', 'other').profile, 'other');
  assert.equal(options('--valid-dtd').validDtd, true);
});

test('takes an address as libprelude writes it', () => {
  assert.equal(options('--manager', 'a:4690 || b && c').manager, 'a:4690 || b && c');
});

test('takes a number of workers, or as many as there are processors', () => {
  assert.equal(options('--workers', '3').workers, 3);
  assert.equal(options('--workers', 'auto').workers, availableParallelism());
  for (const wrong of ['0', '-1', '65', 'many', '1.5'])
    assert.match(refusal(`--workers=${wrong}`), /--workers wants auto or a number from 1 to 64/);
});

test('takes sizes with a unit', () => {
  assert.equal(options('--max-body', '512K').maxBody, 524288);
  assert.equal(options('--queue-limit', '2g').queueLimit, 2 * 1024 ** 3);
  assert.equal(options('--max-body', '1000').maxBody, 1000);
});

test('the last of an option given twice counts', () => {
  assert.equal(options('--profile', 'a', '--profile', 'b').profile, 'b');
});

test('names an unknown option or argument', () => {
  assert.match(refusal('--bogus'), /"--bogus"/);
  assert.match(refusal('-x'), /"-x"/);
  assert.match(refusal('stray'), /"stray"/);
});

test('names the option with a bad value', () => {
  assert.match(refusal('--max-body', 'much'), /--max-body wants a size such as 10M, not "much"/);
  assert.match(refusal('--queue-limit', '0'), /--queue-limit/);
  assert.match(refusal('--sock'), /--sock wants a value/);
  assert.match(refusal('--profile', '../etc'), /--profile/);
  assert.match(refusal('--heartbeat=-1'), /--heartbeat/);
  assert.match(refusal('--heartbeat', '9999999'), /--heartbeat/);
});

test('asks for help and version', () => {
  assert.deepEqual(parseOptions(['--help']), { kind: 'help' });
  assert.deepEqual(parseOptions(['--version']), { kind: 'version' });
});

test('--check has the options of the gateway, or why they are refused', () => {
  const given = ['--profile', 'other', '-n'];
  const checked = parseOptions([...given, '--check']);
  assert.deepEqual(checked, { kind: 'check', options: options(...given) });
  const refused = parseOptions(['--check', '--bogus']);
  assert.ok(refused.kind === 'check' && refused.options instanceof GatewayError);
  assert.match(refused.options.message, /"--bogus"/);
  assert.deepEqual(parseOptions(['--check', '--help']), { kind: 'help' });
  assert.match(refusal('queue', 'list', '--check'), /--check/);
});

test('the help names every option', () => {
  for (const name of ['sock', 'profile', 'manager', 'queue', 'queue-limit', 'max-body'])
    assert.match(HELP, new RegExp(`--${name}[, ]`));
  for (const name of ['heartbeat', 'dry-run', 'valid-dtd', 'debug', 'check', 'help', 'version'])
    assert.match(HELP, new RegExp(`--${name}`));
});

test('reads the queue commands', () => {
  assert.deepEqual(parseOptions(['queue', 'list']), {
    kind: 'queue',
    command: { action: 'list', name: '', directory: '/var/lib/secef' },
  });
  assert.deepEqual(parseOptions(['queue', 'drop', '0000000000000001-116', '--queue', '/q']), {
    kind: 'queue',
    command: { action: 'drop', name: '0000000000000001-116', directory: '/q' },
  });
});

test('refuses queue commands that say too little or too much', () => {
  assert.match(refusal('queue'), /list, show, retry or drop/);
  assert.match(refusal('queue', 'purge'), /list, show, retry or drop/);
  assert.match(refusal('queue', 'drop'), /drop wants one name/);
  assert.match(refusal('queue', 'drop', 'a', 'b'), /drop wants one name/);
  assert.match(refusal('queue', 'show', '../../etc/passwd'), /show wants one name/);
  assert.match(refusal('queue', 'list', '--force'), /"--force"/);
});

test('reads the validate command', () => {
  assert.deepEqual(parseOptions(['validate', 'a.xml', 'b.xml']), {
    kind: 'validate',
    files: ['a.xml', 'b.xml'],
  });
  assert.match(refusal('validate'), /names of files/);
  assert.match(refusal('validate', '--force'), /"--force"/);
});
