/** A start tag: its grammar (XML 1.0, 3.1, with the names of Namespaces in XML 1.0), and limits. */
import { GatewayError } from '../errors.ts';
import { QNAME, SPACE as S } from './names.ts';
import { matchAt, quote } from './text.ts';

const ATTRIBUTE_LIMIT = 1000;
/** characters of all names in a tag */
const NAME_LIMIT = 65536;

const BARE_TAG = new RegExp(`<(${QNAME})/?>`, 'y');
const TAG_NAME = new RegExp(`<(${QNAME})`, 'y');
const ATTRIBUTE = new RegExp(`${S}+(${QNAME})${S}*=${S}*(["'])`, 'y');
const TAG_END = new RegExp(`${S}*/?>`, 'y');
const NO_NAMES: ReadonlySet<string> = new Set();
const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;
const GREATER = 62;

export interface StartTag {
  readonly name: string;
  /** names of its attributes; their values have not been looked into */
  readonly attributes: ReadonlySet<string>;
  /** it is its name and nothing else, not even white space */
  readonly isBare: boolean;
  /** index behind it */
  readonly end: number;
}

/**
 * Reads the start tag, or the tag of an empty element, that begins at `start`; undefined if more text
 * is needed.
 * @throws GatewayError malformed-xml, limit-exceeded; without a place
 */
export function readStartTag(text: string, start: number): StartTag | undefined {
  // most have no attributes
  const bare = matchAt(BARE_TAG, text, start);
  if (bare !== null) {
    const [tag, name = ''] = bare;
    if (name.length <= NAME_LIMIT)
      return { name, attributes: NO_NAMES, isBare: true, end: start + tag.length };
  }
  const end = endOfTag(text, start);
  if (end === undefined) return undefined;
  // not by a spread, which would cost as much as a fifth of all reading (scripts/bench)
  const { name, attributes } = readNames(text.slice(start, end));
  return { name, attributes, isBare: false, end };
}

function malformed(message: string): GatewayError {
  return new GatewayError('malformed-xml', message);
}

function readNames(tag: string): Pick<StartTag, 'name' | 'attributes'> {
  const name = matchAt(TAG_NAME, tag, 0)?.[1];
  if (name === undefined) throw malformed('"<" does not begin a tag here; write &lt; for it');
  let index = 1 + name.length;
  let names = name.length;
  const attributes = new Set<string>();
  for (;;) {
    const found = matchAt(ATTRIBUTE, tag, index);
    if (found === null) break;
    const [all, attribute = '', mark = ''] = found;
    const close = tag.indexOf(mark, index + all.length);
    if (close < 0) throw malformed(`the value of ${attribute} in <${name}> is not closed`);
    if (attributes.has(attribute)) throw malformed(`<${name}> has ${attribute} twice`);
    // sax keeps attributes in an object and calls this of it
    if (attribute === 'hasOwnProperty')
      throw malformed(`<${name}> has an attribute ${attribute}, which cannot be read`);
    attributes.add(attribute);
    names += attribute.length;
    if (attributes.size > ATTRIBUTE_LIMIT)
      throw new GatewayError(
        'limit-exceeded',
        `<${name}> has more than ${ATTRIBUTE_LIMIT} attributes`,
      );
    index = close + 1;
  }
  if (names > NAME_LIMIT)
    throw new GatewayError(
      'limit-exceeded',
      `the names of one element exceed ${NAME_LIMIT} characters`,
    );
  const rest = matchAt(TAG_END, tag, index)?.[0];
  if (rest === undefined || index + rest.length !== tag.length)
    throw malformed(`<${name}> has a malformed attribute at ${quote(tag.slice(index).trim())}`);
  return { name, attributes };
}

/** The index behind the ">" that ends the tag at `start`: the first one outside of quotes. */
function endOfTag(text: string, start: number): number | undefined {
  for (let i = start + 1; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === GREATER) return i + 1;
    if (character === DOUBLE_QUOTE || character === SINGLE_QUOTE) {
      i = text.indexOf(text.charAt(i), i + 1);
      if (i < 0) return undefined;
    }
  }
  return undefined;
}
