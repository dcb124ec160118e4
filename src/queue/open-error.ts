/** Why a queue could not be opened, and whether the operator has to change something. */
import { GatewayError, reason } from '../errors.ts';

/** errno values that come from rights and paths; anything else can pass by itself */
const CONFIGURATION = new Set([
  'EACCES',
  'EPERM',
  'ENOTDIR',
  'EEXIST',
  'ENOENT',
  'ELOOP',
  'ENAMETOOLONG',
]);

/** The error for the operator: configuration or system-error. */
export function openError(directory: string, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && CONFIGURATION.has(code))
    return new GatewayError(
      'configuration',
      `cannot use the queue directory ${directory}: ${reason(error)}; it has to exist or be creatable, and be writable for the gateway's user`,
      { cause: error },
    );
  return new GatewayError('system-error', `cannot open the queue ${directory}: ${reason(error)}`, {
    cause: error,
  });
}
