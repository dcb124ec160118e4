/** Documents through the reader to a verdict, as the gateway does it. */
import { GatewayError } from '../../src/errors.ts';
import { Reader } from '../../src/idmef/read.ts';
import { Validator } from '../../src/validate/validator.ts';

export const validator = await Validator.open();

/** What a sender would be told: a line for each violation, or why the document is refused; '' if it is taken. */
export function said(document: string | Buffer, pieceLength = 65_536): string {
  const observer = validator.begin();
  const reader = new Reader({ message: () => undefined, observer });
  const bytes = Buffer.from(document);
  const errors: GatewayError[] = [];
  const attempt = (action: () => void): boolean => {
    try {
      action();
      return true;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      errors.push(error);
      return false;
    }
  };
  const isRead = attempt(() => {
    for (let start = 0; start < bytes.length; start += pieceLength)
      reader.write(bytes.subarray(start, start + pieceLength));
    reader.end();
  });
  const [refusal] = errors;
  if (!isRead && refusal?.code !== 'not-idmef' && refusal?.code !== 'bad-value')
    return `${refusal?.code ?? ''}: ${refusal?.describe() ?? ''}`;
  attempt(() => {
    observer.end();
  });
  return errors.at(-1)?.describe() ?? '';
}

/** The violations of a document, without `line` and the root element's name. */
export function violations(document: string): string[] {
  return said(document)
    .split('\n')
    .map((line) => line.replace(/^line (\d+): IDMEF-Message\/?/, '$1: ').replace(/^line /, ''));
}

const ROOT = '<IDMEF-Message xmlns="http://iana.org/idmef" version="1.0">';
export const ANALYZER = '<Analyzer analyzerid="1"/>';
export const TIME = '<CreateTime ntpstamp="0x1.0x2">2020-04-30T08:56:06Z</CreateTime>';
export const CLASSIFICATION = '<Classification text="t"/>';

/** A document with that inside its root element. */
export const root = (inside: string): string => `${ROOT}${inside}</IDMEF-Message>`;

/** A document with one Alert. */
export const message = (alert: string): string => root(`<Alert>${alert}</Alert>`);

/** A document with one Alert, which is valid but for what is given. */
export const alert = (inside: string, after = ''): string =>
  message(`${ANALYZER}${TIME}${inside}${CLASSIFICATION}${after}`);
