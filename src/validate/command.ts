/** `secef validate FILE…`: judges documents as a gateway with --valid-dtd would, without one. */
import { readFile } from 'node:fs/promises';
import { GatewayError, reason } from '../errors.ts';
import { isAboutContent, Reader } from '../idmef/read.ts';
import { Validator } from './validator.ts';

/** @returns what is wrong, a line each; nothing if the document would be taken */
function judge(bytes: Buffer, validator: Validator): string {
  const observer = validator.begin();
  const reader = new Reader({ message: () => undefined, observer });
  let refusal: GatewayError | undefined;
  try {
    try {
      reader.write(bytes);
      reader.end();
    } catch (error) {
      if (!isAboutContent(error)) throw error;
      refusal = error;
    }
    observer.end();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    refusal = error;
  }
  return refusal?.describe() ?? '';
}

/**
 * Judges the files and prints a line for each that is valid, and for each violation of others.
 * @returns whether all would be taken
 * @throws GatewayError not-there if a file cannot be read
 */
export async function runValidateCommand(
  files: readonly string[],
  print: (line: string) => void,
): Promise<boolean> {
  const validator = await Validator.open();
  let good = true;
  for (const file of files) {
    const bytes = await readFile(file).catch((cause: unknown) => {
      throw new GatewayError('not-there', `cannot read ${file}: ${reason(cause)}`, { cause });
    });
    const wrong = judge(bytes, validator);
    if (wrong !== '') good = false;
    for (const line of wrong === '' ? ['valid'] : wrong.split('\n')) print(`${file}: ${line}`);
  }
  return good;
}
