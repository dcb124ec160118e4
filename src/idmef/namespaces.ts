/** Namespaces in XML 1.0: which are IDMEF's, and what the prefixes of a document stand for. */
import { GatewayError } from '../errors.ts';
import type { Attribute, Element } from './content.ts';

/** RFC 4765, 5; the 2004 draft. None at all is IDMEF's, too. */
const IDMEF = new Set(['http://iana.org/idmef', 'urn:iana:xml:ns:idmef']);
const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';

/** An element or attribute of this namespace belongs to IDMEF; others are ignored. */
export const isIdmef = (uri: string): boolean => uri === '' || IDMEF.has(uri);

/** An attribute of this name declares a namespace. */
export const isDeclaration = (name: string): boolean =>
  name === 'xmlns' || name.startsWith('xmlns:');

/** `idmef:Alert` as its prefix, which may be empty, and its local part. */
export function splitName(name: string): { prefix: string; local: string } {
  const colon = name.indexOf(':');
  return colon < 0
    ? { prefix: '', local: name }
    : { prefix: name.slice(0, colon), local: name.slice(colon + 1) };
}

/** The prefixes that an element declares. */
export type Declarations = readonly string[];

const NONE: Declarations = [];
const NO_ATTRIBUTES: readonly Attribute[] = [];

/** An attribute as it stands in a tag. */
interface Sent {
  readonly name: string;
  readonly value: string;
}

/** What the prefixes stand for at the place that is being read. */
export class Namespaces {
  /** prefix → the namespaces that it is declared for around here, the innermost last */
  readonly #declared = new Map<string, string[]>();

  /**
   * An element begins: what it declares is in force until `close`.
   * @throws GatewayError malformed-xml, without a place
   */
  open(attributes: readonly Sent[]): Declarations {
    if (attributes.length === 0) return NONE;
    const prefixes = [];
    for (const { name, value } of attributes) {
      if (!isDeclaration(name)) continue;
      const prefix = name === 'xmlns' ? '' : splitName(name).local;
      checkDeclaration(prefix, value);
      prefixes.push(prefix);
      const around = this.#declared.get(prefix);
      if (around === undefined) this.#declared.set(prefix, [value]);
      else around.push(value);
    }
    return prefixes;
  }

  /** The element that declared these ends. */
  close(declarations: Declarations): void {
    for (const prefix of declarations) this.#declared.get(prefix)?.pop();
  }

  /**
   * An element that has begun and its attributes, with their namespaces; without declarations.
   * @throws GatewayError malformed-xml, without a place
   */
  element(name: string, sent: readonly Sent[]): Element {
    const { prefix, local } = splitName(name);
    const uri = this.resolve(prefix);
    if (sent.length === 0) return { uri, prefix, local, attributes: NO_ATTRIBUTES };
    const attributes: Attribute[] = [];
    let prefixed = false;
    for (const { name: full, value } of sent) {
      if (isDeclaration(full)) continue;
      const parts = splitName(full);
      prefixed ||= parts.prefix !== '';
      attributes.push({
        local: parts.local,
        prefix: parts.prefix,
        uri: this.resolveAttribute(parts.prefix),
        value,
      });
    }
    if (prefixed) checkRepeated(name, attributes);
    return { uri, prefix, local, attributes };
  }

  /**
   * The namespace of an attribute's prefix: without one it has none, whatever the default is.
   * @throws GatewayError malformed-xml, without a place
   */
  resolveAttribute(prefix: string): string {
    return prefix === '' ? '' : this.resolve(prefix);
  }

  /**
   * The namespace of a prefix; of none, which may have a default.
   * @throws GatewayError malformed-xml, without a place
   */
  resolve(prefix: string): string {
    const uri = this.#declared.get(prefix)?.at(-1);
    if (uri !== undefined) return uri;
    if (prefix === '') return '';
    if (prefix === 'xml') return XML_NAMESPACE;
    throw new GatewayError(
      'malformed-xml',
      `the prefix ${prefix}: is not declared; add xmlns:${prefix}="…" to the root element`,
    );
  }
}

/** Sections 2.2 and 3: what may be declared. */
function checkDeclaration(prefix: string, uri: string): void {
  const reserved =
    prefix === 'xmlns' || uri === XMLNS_NAMESPACE || (prefix === 'xml') !== (uri === XML_NAMESPACE);
  if (reserved) throw new GatewayError('malformed-xml', `xmlns:${prefix}="${uri}" is reserved`);
  if (prefix !== '' && uri === '')
    throw new GatewayError('malformed-xml', `the prefix ${prefix}: is declared as nothing`);
}

/** Section 6.3: by two prefixes; what is the same to the letter was found before. */
function checkRepeated(element: string, attributes: readonly Attribute[]): void {
  const seen = new Set<string>();
  for (const { local, uri } of attributes) {
    // no local name has a space
    const identity = `${local} ${uri}`;
    if (seen.has(identity))
      throw new GatewayError('malformed-xml', `<${element}> has ${local} twice, by two prefixes`);
    seen.add(identity);
  }
}
