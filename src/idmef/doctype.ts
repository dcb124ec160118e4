/**
 * The document type declaration (XML 1.0, 2.8): checked, and nothing of it is followed. Its
 * external identifier is not fetched, entity declarations are refused; attribute defaults and types
 * of the internal subset count, as XML 1.0, 5.1 asks of every processor.
 */
import { GatewayError } from '../errors.ts';
import { BAD_REFERENCE, NCNAME, NMTOKEN, NO_CHAR, QNAME, SPACE as S } from './names.ts';
import { matchAt } from './text.ts';

/** Longest declaration in characters. */
const DOCTYPE_LIMIT = 65536;

export interface AttributeDeclaration {
  /** the default, quoted as it stands there */
  readonly value: string | undefined;
  /** of another type than CDATA: white space at the ends does not count, in between once */
  readonly isTokens: boolean;
}

/** Element name → attribute name → its declaration. */
export type Declarations = ReadonlyMap<string, ReadonlyMap<string, AttributeDeclaration>>;

export interface Doctype {
  /** the index behind the declaration */
  readonly end: number;
  readonly declarations: Declarations;
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
const ATTRIBUTE_TYPE = `CDATA|ID|IDREFS?|ENTITY|ENTITIES|NMTOKENS?|NOTATION${S}+${TOKENS}|${TOKENS}`;
const ATTRIBUTE = (name: string, type: string, value: string): string =>
  `${S}+${name}${S}+${type}${S}+(?:#REQUIRED|#IMPLIED|(?:#FIXED${S}+)?${value})`;
const ATTRIBUTES = new RegExp(ATTRIBUTE(`(${QNAME})`, `(${ATTRIBUTE_TYPE})`, `(${VALUE})`), 'g');
const ATTLIST = new RegExp(
  `<!ATTLIST${S}+(${QNAME})((?:${ATTRIBUTE(QNAME, `(?:${ATTRIBUTE_TYPE})`, VALUE)})*)${S}*>`,
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

type Building = Map<string, Map<string, AttributeDeclaration>>;

function addDeclarations(found: RegExpExecArray, declarations: Building): void {
  const [, element = '', attributes = ''] = found;
  const known = declarations.get(element) ?? new Map<string, AttributeDeclaration>();
  declarations.set(element, known);
  // the first declaration is binding (XML 1.0, 3.3)
  for (const [, name = '', type, value] of attributes.matchAll(ATTRIBUTES))
    if (!known.has(name)) known.set(name, { value, isTokens: type !== 'CDATA' });
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

function parse(text: string): Doctype | undefined {
  const declarations: Building = new Map();
  const head = matchAt(HEAD, text, 0);
  if (head === null) return undefined;
  let end = head[0].length;
  if (head[1] === '>') return { end, declarations };
  for (;;) {
    const tail = matchAt(TAIL, text, end);
    if (tail !== null) return { end: end + tail[0].length, declarations };
    const next = item(text, end, declarations);
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
