/** Namespaces in XML 1.0: the namespace that each prefix stands for at the current element. */
import { GatewayError } from '../errors.ts';
import { NCNAME } from './names.ts';

const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';
const NCNAME_START = new RegExp(`^${NCNAME}`, 'u');
const LOWER_CASE = 0x20;
const LETTER_A = 0x61;
const LETTER_Z = 0x7a;

/**
 * The local part of a prefixed name that XML 1.0 allows and whose first colon is at `colon`.
 * @throws GatewayError malformed-xml without a place, unless both parts are NCNames
 */
export function localPart(name: string, colon: number): string {
  const first = name.charCodeAt(colon + 1) | LOWER_CASE;
  const isLetter = first >= LETTER_A && first <= LETTER_Z;
  if (
    colon === 0 ||
    name.includes(':', colon + 1) ||
    !(isLetter || NCNAME_START.test(name.slice(colon + 1)))
  )
    throw new GatewayError('malformed-xml', `${name} is not a name, or a prefix, ":" and a name`);
  return name.slice(colon + 1);
}

/** What a declaration has replaced. */
interface Replaced {
  readonly depth: number;
  readonly prefix: string;
  readonly uri: string | undefined;
}

/** The declarations in scope. '' is the prefix of names without one. */
export class Namespaces {
  #default = '';
  /** those with a prefix; none is deleted, since a large Map that shrinks and grows is slow */
  readonly #declared = new Map<string, string | undefined>();
  readonly #replaced: Replaced[] = [];
  /** the prefix that was looked up last, if its declaration still is in force */
  #lastPrefix = '';
  #lastUri: string | undefined = '';
  /** depth of the innermost element that declares anything */
  #innermost = -1;

  /**
   * The element at this depth declares a prefix; in force until `leave`.
   * @throws GatewayError malformed-xml without a place, for what sections 2.2 and 3 forbid
   */
  declare(prefix: string, uri: string, depth: number): void {
    checkDeclaration(prefix, uri);
    this.#replaced.push({ depth, prefix, uri: this.#lookUp(prefix) });
    this.#innermost = depth;
    this.#set(prefix, uri);
  }

  /** The element at this depth ends. */
  leave(depth: number): void {
    while (this.#innermost === depth) {
      const replaced = this.#replaced.pop();
      if (replaced !== undefined) this.#set(replaced.prefix, replaced.uri);
      this.#innermost = this.#replaced.at(-1)?.depth ?? -1;
    }
  }

  /**
   * The namespace of an element's prefix; '' if it has none.
   * @throws GatewayError malformed-xml without a place, if the prefix is not declared
   */
  resolve(prefix: string): string {
    const uri = this.#lookUp(prefix);
    if (uri !== undefined) return uri;
    if (prefix === 'xml') return XML_NAMESPACE;
    throw new GatewayError(
      'malformed-xml',
      `the prefix ${prefix}: is not declared; add xmlns:${prefix}="…" to the root element`,
    );
  }

  #lookUp(prefix: string): string | undefined {
    if (prefix === '') return this.#default;
    // most documents use one
    if (prefix === this.#lastPrefix) return this.#lastUri;
    this.#lastPrefix = prefix;
    return (this.#lastUri = this.#declared.get(prefix));
  }

  #set(prefix: string, uri: string | undefined): void {
    this.#lastPrefix = '';
    if (prefix === '') this.#default = uri ?? '';
    else this.#declared.set(prefix, uri);
  }
}

function checkDeclaration(prefix: string, uri: string): void {
  const reserved =
    prefix === 'xmlns' || uri === XMLNS_NAMESPACE || (prefix === 'xml') !== (uri === XML_NAMESPACE);
  if (reserved) throw new GatewayError('malformed-xml', `xmlns:${prefix}="${uri}" is reserved`);
  if (prefix !== '' && uri === '')
    throw new GatewayError('malformed-xml', `the prefix ${prefix}: is declared as nothing`);
}
