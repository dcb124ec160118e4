/**
 * The value of AdditionalData (RFC 4765, 3.2 and 4.2.4.6).
 *
 * The RFC puts a value element inside, the 2004 draft the text itself. Prelude's readers take the
 * value by its data type or by its declared type, so the declared type is kept only where all of
 * them get the value right; else the text is kept as a string (A8).
 */
import { GatewayError } from '../errors.ts';
import { canonical, type Element, type Node } from './content.ts';
import { enumeration } from './enumerations.ts';
import { Data } from './message.ts';
import { isIdmef } from './namespaces.ts';
import { lowerCase, quote, trim, type Note } from './text.ts';
import { parseNtpstamp } from './time.ts';
import { parseBase64, parseInteger, parseReal } from './values.ts';

const TYPES = enumeration('additional_data_type');
const VALUE_ELEMENTS = new Set([...TYPES.texts, 'xmltext']);
const isXml = (type: string): boolean => type === 'xml' || type === 'xmltext';

/** What stands in an AdditionalData element. */
export interface AdditionalDataContent {
  /** the type attribute, trimmed */
  readonly type: string | undefined;
  readonly nodes: readonly Node[];
}

/** Type and data to write; undefined if there is no content, which Prelude cannot hold (A6). */
export interface AdditionalDataValue {
  readonly type: number;
  readonly data: Data;
}

interface Source {
  readonly type: string;
  readonly nodes: readonly Node[];
  /** the value stands in a value element */
  readonly inElement: boolean;
}

interface ElementNode {
  readonly element: Element;
  readonly children: readonly Node[];
}

function elements(nodes: readonly Node[]): ElementNode[] {
  return nodes.filter((node) => typeof node !== 'string' && 'element' in node);
}

const textOf = (nodes: readonly Node[]): string =>
  nodes.filter((node) => typeof node === 'string').join('');

/** Finds the element whose content is the value. */
function findSource({ type, nodes }: AdditionalDataContent): Source {
  const inside = elements(nodes).filter(({ element }) => isIdmef(element.uri));
  const value = inside.find(({ element }) => VALUE_ELEMENTS.has(element.local));
  const xml = type !== undefined && isXml(lowerCase(type));
  if (value !== undefined && !(xml && !isXml(value.element.local))) {
    if (inside.length > 1) throw new GatewayError('not-idmef', 'more than one value');
    if (trim(textOf(nodes)) !== '')
      throw new GatewayError('not-idmef', `text beside <${value.element.local}>`);
    return {
      type: type ?? value.element.local,
      nodes: value.children,
      inElement: true,
    };
  }
  const [unexpected] = inside;
  if (unexpected !== undefined && !xml)
    throw new GatewayError('not-idmef', `unexpected element <${unexpected.element.local}>`);
  return { type: type ?? 'string', nodes, inElement: false };
}

function textValue({ type, nodes, inElement }: Source): string {
  const [unexpected] = elements(nodes).filter(({ element }) => isIdmef(element.uri));
  if (inElement && unexpected !== undefined)
    throw new GatewayError('not-idmef', `unexpected element <${unexpected.element.local}>`);
  const text = textOf(nodes);
  const name = lowerCase(type);
  const verbatim = name === 'string' || name === 'character';
  return verbatim && (inElement || trim(text) !== '') ? text : trim(text);
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
      `type ${quote(type)} is not one of ${[...TYPES.texts, 'xmltext'].join(', ')}`,
    );
  return number;
}

/**
 * Reads the value.
 * @throws GatewayError not-idmef, bad-value; without a place
 */
export function readAdditionalData(
  content: AdditionalDataContent,
  note: Note,
): AdditionalDataValue | undefined {
  const source = findSource(content);
  const name = lowerCase(source.type);
  const type = isXml(name) ? 'xml' : name;
  const number = typeNumber(type);
  const text =
    type !== 'xml'
      ? textValue(source)
      : trim(elements(source.nodes).length > 0 ? canonical(source.nodes) : textOf(source.nodes));
  if (text === '') {
    note('A6 AdditionalData without content, dropped');
    return undefined;
  }
  const data = typedData(type, text);
  if (data !== undefined) return { type: number, data };
  note(`A8 ${quote(text)} is no ${type} for Prelude, kept as a string`);
  return { type: typeNumber('string'), data: new Data({ type: 'char-string', value: text }) };
}
