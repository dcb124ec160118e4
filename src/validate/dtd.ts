/**
 * The declarations of a document type definition, for the words in which violations are described
 * (faults.ts). libxml2 reads the same file and gives the verdict.
 */

/** How often: once, at most once, any number of times, at least once. */
type Count = '' | '?' | '*' | '+';

/** A content model, or a part of one (XML 1.0, 3.2.1). */
export type Particle =
  | { readonly kind: 'name'; readonly name: string; readonly count: Count }
  | {
      readonly kind: 'sequence' | 'choice';
      readonly items: readonly Particle[];
      readonly count: Count;
    };

export interface AttributeDeclaration {
  readonly name: string;
  /** the values that it may have; empty for CDATA and NMTOKEN */
  readonly values: readonly string[];
  readonly required: boolean;
  /** CDATA, and no value is fixed */
  readonly takesAnyValue: boolean;
}

export interface ElementDeclaration {
  readonly name: string;
  readonly content: 'EMPTY' | 'ANY' | 'text' | Particle;
  readonly attributes: readonly AttributeDeclaration[];
  /** names of the attributes that may not have just any value */
  readonly restricted: ReadonlySet<string>;
}

/** By name of the element. */
export type Dtd = ReadonlyMap<string, ElementDeclaration>;

const ENTITY = /<!ENTITY\s+%\s+(\S+)\s+"([^"]*)"\s*>/g;
const ELEMENT = /<!ELEMENT\s+(\S+)\s+([^>]*)>/g;
const ATTLIST = /<!ATTLIST\s+(\S+)\s+([^>]*)>/g;
const ATTRIBUTE =
  /(\S+)\s+(CDATA|NMTOKEN|\([^)]*\))\s+(#REQUIRED|#IMPLIED|(?:#FIXED\s+)?'([^']*)')/g;

/**
 * Reads the declarations of a definition that is written like those in conf/: parameter entities
 * stand for whole lists, and an element has one attribute list at most.
 * @returns declarations without attributes that declare namespaces
 */
export function readDtd(source: string): Dtd {
  const plain = source.replace(/<!--.*?-->/gs, '');
  const entities = new Map(
    [...plain.matchAll(ENTITY)].map(([, name = '', value = '']) => [name, value]),
  );
  const expanded = plain
    .replace(ENTITY, '')
    .replace(/%([\w.-]+);/g, (_reference, name: string) => entities.get(name) ?? '');
  const lists = new Map<string, AttributeDeclaration[]>();
  for (const [, name = '', list = ''] of expanded.matchAll(ATTLIST)) {
    lists.set(name, readAttributes(list));
  }
  return new Map(
    [...expanded.matchAll(ELEMENT)].map(([, name = '', content = '']) => {
      const attributes = lists.get(name) ?? [];
      const restricted = new Set(
        attributes.filter((one) => !one.takesAnyValue).map((one) => one.name),
      );
      return [name, { name, content: readContent(content.trim()), attributes, restricted }];
    }),
  );
}

function readAttributes(list: string): AttributeDeclaration[] {
  return [...list.matchAll(ATTRIBUTE)]
    .map(([, name = '', type = '', value = '', fixed = '']) => ({
      name,
      values: type.startsWith('(')
        ? (type.match(/[\w.-]+/g) ?? [])
        : value.startsWith('#FIXED')
          ? [fixed]
          : [],
      required: value === '#REQUIRED',
      takesAnyValue: type === 'CDATA' && !value.startsWith('#FIXED'),
    }))
    .filter(({ name }) => !name.startsWith('xmlns'));
}

function readContent(content: string): ElementDeclaration['content'] {
  if (content === 'EMPTY' || content === 'ANY') return content;
  if (content.includes('#PCDATA')) return 'text';
  return readParticle(content.match(/[\w.-]+|[(),|?*+]/g) ?? []);
}

/** Takes the particle that the tokens begin with. */
function readParticle(tokens: string[]): Particle {
  const first = tokens.shift() ?? '';
  if (first !== '(') return { kind: 'name', name: first, count: readCount(tokens) };
  const items = [readParticle(tokens)];
  let kind: 'sequence' | 'choice' = 'sequence';
  for (let mark = tokens.shift(); mark !== ')'; mark = tokens.shift()) {
    if (mark === undefined) throw new Error('a content model is cut');
    if (mark === '|') kind = 'choice';
    items.push(readParticle(tokens));
  }
  const count = readCount(tokens);
  const [only] = items;
  return only !== undefined && items.length === 1 && count === '' ? only : { kind, items, count };
}

function readCount(tokens: string[]): Count {
  for (const count of ['?', '*', '+'] as const) {
    if (tokens[0] !== count) continue;
    tokens.shift();
    return count;
  }
  return '';
}
