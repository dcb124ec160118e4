/** Programs that do not outlive the gateway. */

/**
 * setpriv(1) has the kernel kill the program when its parent ends. A parent that ended before that would
 * not be noticed: so the shell looks whether it is still there, and then becomes the program.
 */
const IF_PARENT_LIVES = '[ "$PPID" = "$0" ] && exec "$@"';

/**
 * The command that runs a program that ends with this process, however that ends. A gateway that is
 * killed would leave a prelude-admin behind that waits forever if it had not opened its input yet.
 */
export function dieWithParent(
  program: string,
  args: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  const shell = ['sh', '-c', IF_PARENT_LIVES, String(process.pid)];
  return { command: 'setpriv', args: ['--pdeathsig', 'KILL', ...shell, program, ...args] };
}
