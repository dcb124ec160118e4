/**
 * The document type declaration (XML 1.0, 2.8): checked, and nothing of it is followed. Its
 * external identifier is not fetched, entity declarations are refused; attribute defaults of the
 * internal subset count, as XML 1.0, 5.1 asks of every processor.
 */
import { GatewayError } from '../errors.ts';
import { BAD_REFERENCE, NCNAME, NMTOKEN, NO_CHAR, QNAME, SPACE as S } from './names.ts';

/** Longest declaration in characters. */
const DOCTYPE_LIMIT = 65536;

/** Attribute defaults: element name → attribute name → the quoted value as it stands there. */
export type Defaults = ReadonlyMap<string, ReadonlyMap<string, string>>;

export interface Doctype {
  /** the index behind the declaration */
  readonly end: number;
  readonly defaults: Defaults;
}

const LITERAL = `(?:"[^"]*"|'[^']*')`;
const PUBID = `(?:"[- \\n\\w'()+,./:=?;!*#@$%]*"|'[- \\n\\w()+,./:=?;!*#@$%]*')`;
const HEAD = new RegExp(
  `<!DOCTYPE${S}+${QNAME}(?:${S}+(?:SYSTEM${S}+${LITERAL}|PUBLIC${S}+${PUBID}${S}+${LITERAL}))?${S}*([[>])`,
  'y',
);
const TAIL = new RegExp(`\\]${S}*>`, 'y');

const REFERENCE = `(?!${BAD_REFERENCE})&`;
const VALUE = `(?:"(?:[^"<&]|${REFERENCE})*"|'(?:[^'<&]|${REFERENCE})*')`;
const TOKENS = `\\(${S}*${NMTOKEN}(?:${S}*\\|${S}*${NMTOKEN})*${S}*\\)`;
const ATTRIBUTE_TYPE = `(?:CDATA|ID|IDREFS?|ENTITY|ENTITIES|NMTOKENS?|NOTATION${S}+${TOKENS}|${TOKENS})`;
const attributeDeclaration = (name: string, value: string): string =>
  `${S}+${name}${S}+${ATTRIBUTE_TYPE}${S}+(?:#REQUIRED|#IMPLIED|(?:#FIXED${S}+)?${value})`;
const ATTRIBUTES = new RegExp(attributeDeclaration(`(${QNAME})`, `(${VALUE})`), 'g');
const ATTLIST = new RegExp(
  `<!ATTLIST${S}+(${QNAME})((?:${attributeDeclaration(QNAME, VALUE)})*)${S}*>`,
  'y',
);

const CONTENT = `EMPTY|ANY|\\([^<>"'&%]*\\)[?*+]?`;
const ELEMENT = new RegExp(`<!ELEMENT${S}+${QNAME}${S}+(${CONTENT})${S}*>`, 'y');
const MIXED = new RegExp(`^\\(${S}*#PCDATA(?:${S}*\\)\\*?|(?:${S}*\\|${S}*${QNAME})+${S}*\\)\\*)$`);
const PARTICLE = `${QNAME}[?*+]?`;
/** a group without groups in it */
const GROUP = new RegExp(
  `\\(${S}*${PARTICLE}(?:(?:${S}*\\|${S}*${PARTICLE})+|(?:${S}*,${S}*${PARTICLE})*)${S}*\\)`,
  'g',
);
/** how deep groups may be nested */
const GROUP_LIMIT = 100;

/** What else may stand in an internal subset: white space, comments, instructions, declarations. */
const ITEMS = [
  `${S}+`,
  '<!--(?:[^-]|-[^-])*-->',
  `<\\?(?![xX][mM][lL][ \\t\\n?])${NCNAME}(?:${S}(?:[^?]|\\?(?!>))*)?\\?>`,
  `<!NOTATION${S}+${NCNAME}${S}+(?:SYSTEM${S}+${LITERAL}|PUBLIC${S}+${PUBID}(?:${S}+${LITERAL})?)${S}*>`,
].map((source) => new RegExp(source, 'y'));

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function addDefaults(found: RegExpExecArray, defaults: Map<string, Map<string, string>>): void {
  const [, element = '', attributes = ''] = found;
  for (const [, name, value] of attributes.matchAll(ATTRIBUTES)) {
    if (name === undefined || value === undefined) continue;
    const known = defaults.get(element) ?? new Map<string, string>();
    if (!known.has(name)) known.set(name, value); // the first declaration is binding (XML 1.0, 3.3)
    defaults.set(element, known);
  }
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
function item(
  text: string,
  at: number,
  defaults: Map<string, Map<string, string>>,
): number | undefined {
  if (text.startsWith('<!ENTITY', at))
    throw new GatewayError(
      'entity-declared',
      'the document declares an entity; write the characters themselves instead',
    );
  const attlist = match(ATTLIST, text, at);
  if (attlist !== null) {
    addDefaults(attlist, defaults);
    return at + attlist[0].length;
  }
  const element = match(ELEMENT, text, at);
  if (element !== null)
    return isContentModel(element[1] ?? '') ? at + element[0].length : undefined;
  for (const pattern of ITEMS) {
    const found = match(pattern, text, at);
    if (found !== null) return at + found[0].length;
  }
  return undefined;
}

function parse(text: string): Doctype | undefined {
  const defaults = new Map<string, Map<string, string>>();
  const head = match(HEAD, text, 0);
  if (head === null) return undefined;
  let end = head[0].length;
  if (head[1] === '>') return { end, defaults };
  for (;;) {
    const tail = match(TAIL, text, end);
    if (tail !== null) return { end: end + tail[0].length, defaults };
    const next = item(text, end, defaults);
    if (next === undefined) return undefined;
    end = next;
  }
}

/**
 * Reads the declaration that begins at `at`; undefined if more text is needed.
 * @throws GatewayError malformed-xml, entity-declared, limit-exceeded; without a place
 */
export function readDoctype(text: string, at: number, final: boolean): Doctype | undefined {
  // what is behind the limit may not have come yet and must not count
  const head = text.slice(at, at + DOCTYPE_LIMIT);
  const doctype = parse(head);
  if (doctype !== undefined) {
    if (new RegExp(NO_CHAR).test(head.slice(0, doctype.end)))
      throw new GatewayError('malformed-xml', 'the document type has a forbidden character');
    return { ...doctype, end: at + doctype.end };
  }
  if (head.length === DOCTYPE_LIMIT)
    throw new GatewayError(
      'limit-exceeded',
      `the document type declaration is malformed or longer than ${DOCTYPE_LIMIT} characters`,
    );
  if (final) throw new GatewayError('malformed-xml', 'the document type declaration is malformed');
  return undefined;
}
