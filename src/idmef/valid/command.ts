/** `secef validate FILE…`: what the gateway would say of documents with --valid-dtd, without one. */
import { readFile } from 'node:fs/promises';
import { GatewayError, reason } from '../../errors.ts';
import { isAboutContent, Reader } from '../read.ts';
import { Validator } from './validate.ts';

/** @returns what is wrong, a line each; nothing if the document would be taken */
async function judge(bytes: Buffer, validator: Validator): Promise<string> {
  const text: string[] = [];
  const events = { message: () => undefined, text: (piece: string) => text.push(piece) };
  const reader = new Reader(events, { toTheEnd: true });
  let refusal: GatewayError | undefined;
  try {
    try {
      reader.write(bytes);
      reader.end();
    } catch (error) {
      if (!isAboutContent(error)) throw error;
      refusal = error;
    }
    await validator.validate(text.join(''));
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    refusal = error;
  }
  return refusal?.describe() ?? '';
}

/**
 * Judges the files and prints a line for each that is fine, and for each violation of others.
 * @returns whether all would be taken
 * @throws GatewayError not-there if a file cannot be read
 */
export async function runValidateCommand(
  files: readonly string[],
  print: (line: string) => void,
): Promise<boolean> {
  const validator = new Validator();
  let good = true;
  try {
    for (const file of files) {
      const bytes = await readFile(file).catch((cause: unknown) => {
        throw new GatewayError('not-there', `cannot read ${file}: ${reason(cause)}`, { cause });
      });
      const wrong = await judge(bytes, validator);
      if (wrong !== '') good = false;
      for (const line of wrong === '' ? ['valid'] : wrong.split('\n')) print(`${file}: ${line}`);
    }
  } finally {
    validator.close();
  }
  return good;
}
