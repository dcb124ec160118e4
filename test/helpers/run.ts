import { execFile } from 'node:child_process';

/** What a command that has ended leaves behind. */
export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** What a command is given besides its arguments. */
export interface RunOptions {
  /** Its standard input. */
  input?: string;
  /** When it is killed; a minute unless said otherwise. */
  timeoutMs?: number;
}

/** Runs a command to its end; the code is -1 if it could not be run or was killed. */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve) => {
    const limits = { timeout: options.timeoutMs ?? 60_000, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(command, args, limits, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr: code === -1 ? `${stderr}${error?.message ?? ''}` : stderr });
    });
    child.stdin?.on('error', () => undefined).end(options.input ?? '');
  });
}

/** Runs a command that has to succeed, and returns its standard output. */
export async function mustRun(
  command: string,
  args: string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code !== 0) {
    throw new Error(`${[command, ...args].join(' ')}: exit ${code}\n${stdout}${stderr}`);
  }
  return stdout;
}
