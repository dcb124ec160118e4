/** Random AdditionalData of every type, in the style of the RFC and in that of the 2004 draft. */
import fc, { type Arbitrary } from 'fast-check';
import {
  anyText,
  base64Text,
  caseless,
  integerText,
  ntpstampText,
  padded,
  realText,
  timeText,
} from './arbitrary-values.ts';
import { leaf, type XmlAttribute, type XmlElement, type XmlNode } from './xml-tree.ts';

const VALUES: Readonly<Record<string, Arbitrary<string>>> = {
  string: anyText,
  portlist: padded(fc.constantFrom('1', '5-25,37,42', '80, 443')),
  'date-time': padded(timeText),
  integer: padded(integerText(-(2n ** 64n), 2n ** 64n)),
  real: padded(realText),
  boolean: padded(caseless(['true', 'false', '1', '0'])),
  byte: padded(fc.oneof(integerText(-1n, 256n), base64Text)),
  character: fc.oneof(fc.constantFrom('a', '<', ' ', '\n', 'é', '😀', 'ab'), anyText),
  'byte-string': base64Text,
  ntpstamp: padded(ntpstampText),
};
const XML_TYPES = ['xml', 'xmltext'];

const PREFIXES = ['', 'x', 'y'] as const;
const NAMESPACES = ['urn:x', 'urn:y', 'http://example.org/?a&b', 'urn:a"b'] as const;

interface ForeignParts {
  readonly prefix: string;
  readonly uri: string;
  readonly attributes: readonly { prefix: string; local: string; value: string }[];
  readonly children: readonly XmlNode[];
}

/** An element that declares what it uses. */
function foreign({ prefix, uri, attributes, children }: ForeignParts): XmlElement {
  const declared = new Map([[prefix, uri]]);
  for (const attribute of attributes)
    if (attribute.prefix !== '' && !declared.has(attribute.prefix))
      declared.set(attribute.prefix, `${uri}/${attribute.prefix}`);
  const named = attributes.map((attribute): XmlAttribute => [
    attribute.prefix === '' ? attribute.local : `${attribute.prefix}:${attribute.local}`,
    attribute.value,
  ]);
  const declarations = [...declared].map(([name, meant]): XmlAttribute => [
    name === '' ? 'xmlns' : `xmlns:${name}`,
    meant,
  ]);
  return {
    kind: 'foreign',
    name: prefix === '' ? 'q' : `${prefix}:q`,
    attributes: [...new Map([...declarations, ...named])],
    children,
    loose: false,
  };
}

/** A foreign element; children that use its prefixes do without declarations of their own. */
function foreignElement(depth: number): Arbitrary<XmlElement> {
  const inherited = (prefix: string): XmlElement => ({
    kind: 'foreign',
    name: prefix === '' ? 'inner' : `${prefix}:inner`,
    attributes: [['b', ' \t']],
    children: ['i'],
    loose: false,
  });
  const undone: XmlElement = { ...inherited(''), attributes: [['xmlns', '']] };
  return fc
    .record({
      prefix: fc.constantFrom(...PREFIXES),
      uri: fc.constantFrom(...NAMESPACES),
      attributes: fc.array(
        fc.record({
          prefix: fc.constantFrom(...PREFIXES),
          local: fc.constantFrom('a', 'b', 'c-d', 'é'),
          value: anyText,
        }),
        { maxLength: 3 },
      ),
      children: fc.array(depth > 0 ? fc.oneof(anyText, foreignElement(depth - 1)) : anyText, {
        maxLength: 3,
      }),
      more: fc.constantFrom('none', 'inherited', 'undone'),
    })
    .map(({ prefix, uri, attributes, children, more }) => {
      const added = more === 'inherited' ? [inherited(prefix)] : more === 'undone' ? [undone] : [];
      return foreign({ prefix, uri, attributes, children: [...children, ...added] });
    });
}

const xmlContent = fc.oneof(
  fc.array(fc.oneof(anyText, foreignElement(2)), { maxLength: 3 }),
  anyText.map((text) => [text]),
  // IDMEF itself, with the prefix that the document has
  fc.constant<XmlNode[]>([
    { ...leaf('Node', ' '), attributes: [['category', 'dns']] },
    { ...leaf('Source', ''), children: [leaf('name', 'n')] },
  ]),
);

/** The names of the attributes that may be there. */
const head = fc.record({
  meaning: fc.option(anyText, { nil: undefined }),
  typed: fc.nat(4),
  rfc: fc.boolean(),
});

function wrap(
  { meaning, typed, rfc }: { meaning: string | undefined; typed: number; rfc: boolean },
  type: string,
  content: readonly XmlNode[],
): XmlElement {
  // without a type it is that of the value element, or string
  const attributes: XmlAttribute[] =
    typed > 0 || !rfc ? [['type', typed === 4 ? type.toUpperCase() : type]] : [];
  if (meaning !== undefined) attributes.push(['meaning', meaning]);
  const value: XmlElement = {
    kind: 'idmef',
    name: type,
    attributes: [],
    children: content,
    loose: false,
  };
  return {
    kind: 'idmef',
    name: 'AdditionalData',
    attributes,
    children: rfc ? [value] : content,
    loose: rfc,
  };
}

const ofText = Object.entries(VALUES).map(([type, text]) =>
  // now and then a text of another type
  fc
    .tuple(head, fc.oneof({ weight: 6, arbitrary: text }, anyText))
    .map(([how, value]) => wrap(how, type, value === '' ? [] : [value])),
);

const ofXml = fc
  .tuple(head, fc.constantFrom(...XML_TYPES), xmlContent)
  .map(([how, type, content]) => wrap(how, type, content));

const untyped = anyText.map((text) => leaf('AdditionalData', text));

/** A random AdditionalData element. */
export const additionalData: Arbitrary<XmlElement> = fc.oneof(
  { weight: 10, arbitrary: fc.oneof(...ofText) },
  { weight: 5, arbitrary: ofXml },
  { weight: 1, arbitrary: untyped },
);
