/**
 * The value of AdditionalData (RFC 4765, 3.2 and 4.2.4.6).
 *
 * The RFC puts a value element inside, the 2004 draft the text itself. Prelude's readers take the
 * value by its data type or by its declared type, so the declared type is kept only where all of
 * them get the value right; else the text is kept as a string (A8).
 */
import { GatewayError } from '../errors.ts';
import { canonical, type Element, type Node } from '../xml/canonical.ts';
import { enumeration } from './enumerations.ts';
import { Data } from './message.ts';
import { isBlank, quote, trim, type Notes } from './text.ts';
import { parseNtpstamp } from './time.ts';
import { parseBase64, parseInteger, parseReal } from './values.ts';

const TYPES = enumeration('additional_data_type');
const VALUE_ELEMENTS = new Set([...TYPES.texts, 'xmltext']);

/** A type, or an element for the value, that stands for XML. */
export const isXml = (type: string): boolean => type === 'xml' || type === 'xmltext';

/** What stands in an AdditionalData element, or in an element inside it. */
export interface Content {
  readonly element: Element;
  /** its text without that of elements */
  readonly ownText: string;
  /** the elements of IDMEF in it */
  readonly children: readonly Content[] | undefined;
  /** all that is in it; only of what may be XML, by its name or by the declared type */
  readonly nodes: readonly Node[] | undefined;
}

/** Type and data to write; undefined if there is no content, which Prelude cannot hold (A6). */
export interface AdditionalDataValue {
  readonly type: number;
  readonly data: Data;
}

const unexpected = ({ element }: Content): GatewayError =>
  new GatewayError('not-idmef', `unexpected element <${element.local}>`);

/** The element inside that holds the value; undefined if AdditionalData itself does. */
function valueElement({ children, ownText }: Content, xml: boolean): Content | undefined {
  const [first] = children ?? [];
  if (children === undefined || first === undefined) return undefined;
  const value = children.find(({ element }) => VALUE_ELEMENTS.has(element.local));
  if (value === undefined || (xml && !isXml(value.element.local))) {
    if (!xml) throw unexpected(first);
    return undefined;
  }
  if (children.length > 1) throw new GatewayError('not-idmef', 'more than one value');
  if (!isBlank(ownText))
    throw new GatewayError('not-idmef', `text beside <${value.element.local}>`);
  return value;
}

function xmlText({ nodes = [], ownText }: Content): string {
  const plain = nodes.every((node) => typeof node === 'string' || !('element' in node));
  return trim(plain ? ownText : canonical(nodes));
}

function plainText(type: string, { children, ownText }: Content, inElement: boolean): string {
  const [first] = children ?? [];
  if (inElement && first !== undefined) throw unexpected(first);
  const verbatim = type === 'string' || type === 'character';
  return verbatim && (inElement || !isBlank(ownText)) ? ownText : trim(ownText);
}

/** The data of a value that fits its type; undefined if it does not. */
function typedData(type: string, text: string): Data | undefined {
  switch (type) {
    case 'string':
    case 'portlist':
    case 'date-time':
    case 'xml':
      return new Data({ type: 'char-string', value: text });
    case 'real': {
      const value = parseReal(text);
      return value === undefined ? undefined : new Data({ type: 'char-string', value });
    }
    case 'integer': {
      const value = parseInteger(text);
      if (value === undefined || value < -(2n ** 63n) || value >= 2n ** 63n) return undefined;
      return new Data({ type: 'int', value });
    }
    case 'ntpstamp': {
      const halves = parseNtpstamp(text);
      if (halves === undefined) return undefined;
      const [seconds, fraction] = halves;
      return new Data({
        type: 'int',
        value: BigInt.asIntN(64, (BigInt(seconds) << 32n) | BigInt(fraction)),
      });
    }
    case 'boolean': {
      const truth = text.toLowerCase();
      if (truth === 'true' || truth === '1') return new Data({ type: 'byte', value: 1 });
      return truth === 'false' || truth === '0' ? new Data({ type: 'byte', value: 0 }) : undefined;
    }
    case 'byte':
      return byteData(text);
    case 'character':
      return /^[\0-\x7f]$/.test(text)
        ? new Data({ type: 'char', value: text.charCodeAt(0) })
        : undefined;
    case 'byte-string': {
      const value = parseBase64(text);
      return value === undefined ? undefined : new Data({ type: 'byte-string', value });
    }
    default:
      return undefined;
  }
}

/** A number from 0 to 255, or base64 of one byte. */
function byteData(text: string): Data | undefined {
  const integer = parseInteger(text);
  const bytes = integer === undefined ? parseBase64(text) : undefined;
  const value = bytes?.length === 1 ? bytes[0] : Number(integer ?? -1n);
  return value !== undefined && value >= 0 && value <= 255
    ? new Data({ type: 'byte', value })
    : undefined;
}

function typeNumber(type: string): number {
  const number = TYPES.numbers.get(type);
  if (number === undefined)
    throw new GatewayError(
      'bad-value',
      `type ${quote(type)} is not one of ${[...VALUE_ELEMENTS].join(', ')}`,
    );
  return number;
}

const STRING = typeNumber('string');

/** A text as it is. */
export function stringValue(value: string): AdditionalDataValue {
  return { type: STRING, data: new Data({ type: 'char-string', value }) };
}

/**
 * Reads the value.
 * @param declared the type attribute, trimmed and in lower case
 * @throws GatewayError not-idmef, bad-value; without a place
 */
export function readAdditionalData(
  declared: string | undefined,
  content: Content,
  notes: Notes,
): AdditionalDataValue | undefined {
  const element = valueElement(content, declared !== undefined && isXml(declared));
  const name = declared ?? element?.element.local ?? 'string';
  const type = isXml(name) ? 'xml' : name;
  const number = typeNumber(type);
  const source = element ?? content;
  const text = type === 'xml' ? xmlText(source) : plainText(type, source, element !== undefined);
  if (text === '') {
    notes.note('A6 AdditionalData without content, dropped');
    return undefined;
  }
  const data = typedData(type, text);
  if (data !== undefined) return { type: number, data };
  notes.note(`A8 ${quote(text)} is no ${type} for Prelude, kept as a string`);
  return stringValue(text);
}
