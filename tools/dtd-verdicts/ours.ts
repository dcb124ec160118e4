import { GatewayError } from '../../src/errors.ts';
import { isAboutContent, Reader } from '../../src/idmef/read.ts';
import { Validator } from '../../src/validate/validator.ts';

const validator = await Validator.open();

/**
 * Judges a document as the gateway does.
 * @returns undefined if the gateway refuses it before it is validated: it is not well-formed, or
 *   beyond a limit
 */
export function isValid(document: Buffer): boolean | undefined {
  const observer = validator.begin();
  const reader = new Reader({ message: () => undefined, observer });
  try {
    reader.write(document);
    reader.end();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    if (!isAboutContent(error)) return undefined;
  }
  try {
    observer.end();
    return true;
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'invalid') return false;
    throw error;
  }
}
