/**
 * The document type declaration (XML 1.0, 2.8): checked, and nothing of it is followed. Its
 * external identifier is not fetched, entity declarations are refused; attribute defaults and types
 * of the internal subset count, as XML 1.0, 5.1 asks of every processor.
 */
import { GatewayError } from '../errors.ts';
import { NCNAME, NMTOKEN, QNAME, REFERENCE, SPACE as S } from './names.ts';

/** Longest declaration in characters. */
const DOCTYPE_LIMIT = 65536;

export interface AttributeDeclaration {
  /** the default, normalised as if it were of type CDATA */
  readonly value: string | undefined;
  /** of another type than CDATA: white space at the ends does not count, in between once */
  readonly isTokens: boolean;
}

/** Element name → attribute name → its declaration. */
export type Declarations = ReadonlyMap<string, ReadonlyMap<string, AttributeDeclaration>>;

const REFERENCES = new RegExp(REFERENCE, 'g');
const XML_ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/** XML 1.0, 2.2 */
function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 9 || code === 10 || code === 13;
  return (
    code <= 0xd7ff || (code >= 0xe000 && code <= 0x10ffff && code !== 0xfffe && code !== 0xffff)
  );
}

const LITERAL = `(?:"[^"]*"|'[^']*')`;
const PUBID = `(?:"[- \\n\\w'()+,./:=?;!*#@$%]*"|'[- \\n\\w()+,./:=?;!*#@$%]*')`;
const HEAD = new RegExp(
  `<!DOCTYPE${S}+${QNAME}(?:${S}+(?:SYSTEM${S}+${LITERAL}|PUBLIC${S}+${PUBID}${S}+${LITERAL}))?${S}*([[>])`,
  'yu',
);
const TAIL = new RegExp(`\\]${S}*>`, 'yu');

const VALUE = `(?:"(?:[^"<&]|${REFERENCE})*"|'(?:[^'<&]|${REFERENCE})*')`;
const TOKENS = `\\(${S}*${NMTOKEN}(?:${S}*\\|${S}*${NMTOKEN})*${S}*\\)`;
const ATTRIBUTE_TYPE = `CDATA|ID|IDREFS?|ENTITY|ENTITIES|NMTOKENS?|NOTATION${S}+${TOKENS}|${TOKENS}`;
const ATTRIBUTE = (name: string, type: string, value: string): string =>
  `${S}+${name}${S}+${type}${S}+(?:#REQUIRED|#IMPLIED|(?:#FIXED${S}+)?${value})`;
const ATTRIBUTES = new RegExp(ATTRIBUTE(`(${QNAME})`, `(${ATTRIBUTE_TYPE})`, `(${VALUE})`), 'gu');
const ATTLIST = new RegExp(
  `<!ATTLIST${S}+(${QNAME})((?:${ATTRIBUTE(QNAME, `(?:${ATTRIBUTE_TYPE})`, VALUE)})*)${S}*>`,
  'yu',
);

const CONTENT = `EMPTY|ANY|\\([^<>"'&%]*\\)[?*+]?`;
const ELEMENT = new RegExp(`<!ELEMENT${S}+${QNAME}${S}+(${CONTENT})${S}*>`, 'yu');
const MIXED = new RegExp(
  `^\\(${S}*#PCDATA(?:${S}*\\)\\*?|(?:${S}*\\|${S}*${QNAME})+${S}*\\)\\*)$`,
  'u',
);
const PARTICLE = `${QNAME}[?*+]?`;
/** a group without groups in it */
const GROUP = new RegExp(
  `\\(${S}*${PARTICLE}(?:(?:${S}*\\|${S}*${PARTICLE})+|(?:${S}*,${S}*${PARTICLE})*)${S}*\\)`,
  'gu',
);
/** how deep groups may be nested */
const GROUP_LIMIT = 100;

/** What else may stand in an internal subset: white space, comments, instructions, declarations. */
const ITEMS = [
  `${S}+`,
  '<!--(?:[^-]|-[^-])*-->',
  `<\\?(?![xX][mM][lL][ \\t\\n?])${NCNAME}(?:${S}(?:[^?]|\\?(?!>))*)?\\?>`,
  `<!NOTATION${S}+${NCNAME}${S}+(?:SYSTEM${S}+${LITERAL}|PUBLIC${S}+${PUBID}(?:${S}+${LITERAL})?)${S}*>`,
].map((source) => new RegExp(source, 'yu'));

/** What a sticky pattern (y) matches at that index. */
function matchAt(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(text);
}

const malformed = (what = 'the document type declaration is malformed'): GatewayError =>
  new GatewayError('malformed-xml', what);

/** The character that a reference stands for (XML 1.0, 4.1). */
function character(reference: string): string {
  const name = reference.slice(1, -1);
  const known = XML_ENTITIES[name];
  if (known !== undefined) return known;
  const code = name.startsWith('#x') ? parseInt(name.slice(2), 16) : Number(name.slice(1));
  if (!isCharacter(code)) throw malformed(`the reference ${reference} is to no character of XML`);
  return String.fromCodePoint(code);
}

/** A default as the value of an attribute without a type (XML 1.0, 3.3.3). */
const unquoted = (literal: string): string =>
  literal
    .slice(1, -1)
    .replace(/[\t\n]/g, ' ')
    .replace(REFERENCES, character);

type Building = Map<string, Map<string, AttributeDeclaration>>;

function addDeclarations(found: RegExpExecArray, declarations: Building): void {
  const [, element = '', attributes = ''] = found;
  const known = declarations.get(element) ?? new Map<string, AttributeDeclaration>();
  declarations.set(element, known);
  // the first declaration is binding (XML 1.0, 3.3)
  for (const [, name = '', type, value] of attributes.matchAll(ATTRIBUTES))
    if (!known.has(name))
      known.set(name, { value: value && unquoted(value), isTokens: type !== 'CDATA' });
}

/** Whether the content model of an element declaration is one (XML 1.0, 3.2): groups become names. */
function isContentModel(model: string): boolean {
  if (!model.startsWith('(') || MIXED.test(model)) return true;
  let left = model;
  for (let level = 0; level < GROUP_LIMIT && left.includes('('); level++)
    left = left.replace(GROUP, 'group');
  return /^group[?*+]?$/.test(left);
}

/** The index behind the item of an internal subset at `at`; undefined if none is complete there. */
function item(text: string, at: number, declarations: Building): number | undefined {
  if (text.startsWith('<!ENTITY', at))
    throw new GatewayError(
      'entity-declared',
      'the document declares an entity; write the characters themselves instead',
    );
  const attlist = matchAt(ATTLIST, text, at);
  if (attlist !== null) {
    addDeclarations(attlist, declarations);
    return at + attlist[0].length;
  }
  const element = matchAt(ELEMENT, text, at);
  if (element !== null)
    return isContentModel(element[1] ?? '') ? at + element[0].length : undefined;
  for (const pattern of ITEMS) {
    const found = matchAt(pattern, text, at);
    if (found !== null) return at + found[0].length;
  }
  return undefined;
}

/**
 * Reads a whole declaration, from "<!DOCTYPE" to its ">", with line ends being LF.
 * @returns what it declares about attributes
 * @throws GatewayError malformed-xml, entity-declared, limit-exceeded; without a place
 */
export function readDoctype(text: string): Declarations {
  if (text.length > DOCTYPE_LIMIT)
    throw new GatewayError(
      'limit-exceeded',
      `the document type declaration is longer than ${DOCTYPE_LIMIT} characters`,
    );
  const declarations: Building = new Map();
  const head = matchAt(HEAD, text, 0);
  if (head === null) throw malformed();
  let end = head[0].length;
  if (head[1] === '[') end = readSubset(text, end, declarations);
  if (end !== text.length) throw malformed();
  return declarations;
}

/** @returns the index after the "]>" that ends the internal subset that begins at `start` */
function readSubset(text: string, start: number, declarations: Building): number {
  let at = start;
  for (;;) {
    const tail = matchAt(TAIL, text, at);
    if (tail !== null) return at + tail[0].length;
    const next = item(text, at, declarations);
    if (next === undefined) throw malformed();
    at = next;
  }
}
