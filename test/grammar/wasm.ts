import { GatewayError } from '../../src/errors.ts';
import { isAboutContent, Reader } from '../../src/idmef/read.ts';
import { Validator } from '../../src/idmef/valid/validate.ts';

/** The text of a document; undefined if it is none for the gateway, which then asks no grammar. */
function textOf(document: Buffer): string | undefined {
  const text: string[] = [];
  const events = { message: () => undefined, text: (piece: string) => text.push(piece) };
  const reader = new Reader(events, { toTheEnd: true });
  try {
    reader.write(document);
    reader.end();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    if (!isAboutContent(error)) return undefined;
  }
  return text.join('');
}

/**
 * Judges by the grammar as the gateway does, with xmllint-wasm.
 * @returns for each document whether it is valid; undefined if it is no XML for the gateway
 */
export async function judgeByWasm(documents: readonly Buffer[]): Promise<(boolean | undefined)[]> {
  const validator = new Validator();
  try {
    return await Promise.all(
      documents.map(async (document) => {
        const text = textOf(document);
        if (text === undefined) return undefined;
        return validator.validate(text).then(
          () => true,
          (error: unknown) => {
            if (error instanceof GatewayError && error.code === 'invalid') return false;
            throw error;
          },
        );
      }),
    );
  } finally {
    validator.close();
  }
}
