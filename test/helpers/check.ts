import assert from 'node:assert/strict';
import type { Gateway } from './gateway.ts';
import { inProject } from './root.ts';
import { run } from './run.ts';
import { tool } from './tools.ts';

/** What `secef --check` has said. */
export interface Said {
  readonly code: number;
  /** Lines about each subject, such as `ok   node: …`. */
  readonly about: (subject: string) => string;
  readonly all: string;
}

/** How it is started. */
export interface Start {
  /** what stands in front of the command */
  readonly through?: readonly string[];
  /** PATH */
  readonly path?: string;
}

/** Runs `secef --check` with a gateway's folders. */
export async function check(
  gateway: Gateway,
  args: readonly string[],
  start: Start = {},
): Promise<Said> {
  const { through = [], path } = start;
  const command = [
    ...(path === undefined ? [] : [tool('env', 'coreutils'), `PATH=${path}`]),
    ...through,
    process.execPath,
    inProject('build/src/main.js'),
    ...['--check', '--sock', gateway.socket, '--queue', gateway.queue, ...args],
  ];
  const [program = '', ...rest] = command;
  const { code, stdout, stderr } = await run(program, rest);
  const lines = stdout.trim().split('\n');
  for (const line of lines) assert.match(line, /^(ok {2}|WARN|FAIL) [\w-]+: ./, stdout + stderr);
  assert.equal(stderr, '');
  const about = (subject: string): string =>
    lines.filter((line) => line.slice(5).startsWith(`${subject}:`)).join('\n');
  return { code, about, all: stdout };
}
