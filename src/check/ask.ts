/** Asks another program something. */
import { execFile } from 'node:child_process';

/** milliseconds */
const PATIENCE = 5000;

/** What the program prints; undefined if it is not there, fails, or takes too long. */
export function ask(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: PATIENCE, killSignal: 'SIGKILL' }, (error, stdout) => {
      resolve(error === null ? stdout.trim() : undefined);
    });
  });
}
