/** Start tags: attributes with their defaults and types, namespaces, and the limits on all these. */
import { GatewayError } from '../errors.ts';
import type { Attribute, Element } from './canonical.ts';
import type { AttributeDeclaration, Declarations } from './doctype.ts';
import { localPart, Namespaces } from './namespaces.ts';

const ATTRIBUTE_LIMIT = 1000;
/** characters of all names in a tag */
const NAME_LIMIT = 65536;
/** characters that attribute defaults may add to a document */
const DEFAULTS_LIMIT = 1024 * 1024;
/** attributes of an element that are compared one by one */
const FEW = 8;
const NO_ATTRIBUTES: readonly Attribute[] = [];

/** The start tags of one document, one after the other. */
export class StartTag {
  readonly #namespaces = new Namespaces();
  #declarations: Declarations | undefined;
  /** characters that attribute defaults have added */
  #defaulted = 0;

  /** of the tag that is being read; those with a prefix have no namespace yet */
  #attributes: Attribute[] | undefined;
  #hasPrefixes = false;
  /** names of its attributes, as it has them */
  #names: string[] = [];
  /** the same, if they are many */
  #nameSet: Set<string> | undefined;
  /** characters of all names in it */
  #nameLength = 0;
  /** what the document type says about its attributes */
  #declared: ReadonlyMap<string, AttributeDeclaration> | undefined;

  /** Takes what the document type says. */
  declare(declarations: Declarations): void {
    if (declarations.size > 0) this.#declarations = declarations;
  }

  /**
   * An attribute of the tag, in their order. Throws as `end` does.
   * @param depth of the element around the tag
   */
  attribute(element: string, name: string, value: string, depth: number): void {
    const names = this.#names;
    if (names.length === 0) {
      this.#nameLength = element.length;
      this.#declared = this.#declarations?.get(element);
    } else if (names.length >= ATTRIBUTE_LIMIT)
      throw beyond(`<${element}> has more than ${ATTRIBUTE_LIMIT} attributes`);
    else if (this.#hasAttribute(name)) throw malformed(`<${element}> has ${name} twice`);
    names.push(name);
    if (names.length === FEW) this.#nameSet = new Set(names);
    else if (names.length > FEW) this.#nameSet?.add(name);
    this.#nameLength += name.length;
    this.#checkNames();
    this.#add(name, value, depth);
  }

  /**
   * The tag is complete. What it declares is in force until `leave`.
   * @param depth of the element around it
   * @throws GatewayError malformed-xml, limit-exceeded; without a place
   */
  end(name: string, depth: number): Element {
    if (this.#names.length === 0) {
      this.#nameLength = name.length;
      this.#checkNames();
    }
    if (this.#declarations !== undefined) this.#addDefaults(name, depth);
    return this.#element(name);
  }

  /** The element ends. @param depth of the element around it */
  leave(depth: number): void {
    this.#namespaces.leave(depth);
  }

  #checkNames(): void {
    if (this.#nameLength > NAME_LIMIT)
      throw beyond(`the names of one element exceed ${NAME_LIMIT} characters`);
  }

  /** Adds an attribute, or declares a namespace. */
  #add(name: string, sent: string, depth: number): void {
    const value = this.#declared?.get(name)?.isTokens === true ? tokens(sent) : sent;
    const colon = name.indexOf(':');
    if (colon < 0) {
      if (name === 'xmlns') this.#namespaces.declare('', value, depth);
      else this.#push({ local: name, prefix: '', uri: '', value });
      return;
    }
    const local = localPart(name, colon);
    const prefix = name.slice(0, colon);
    if (prefix === 'xmlns') {
      this.#namespaces.declare(local, value, depth);
      return;
    }
    this.#hasPrefixes = true;
    this.#push({ local, prefix, uri: '', value });
  }

  #push(attribute: Attribute): void {
    if (this.#attributes === undefined) this.#attributes = [attribute];
    else this.#attributes.push(attribute);
  }

  /** Whether the tag that is being read has an attribute of this name. */
  #hasAttribute(name: string): boolean {
    return this.#nameSet?.has(name) ?? this.#names.includes(name);
  }

  /** The attributes that the document type declares a default for and that the tag does not have. */
  #addDefaults(element: string, depth: number): void {
    this.#declared = this.#declarations?.get(element);
    if (this.#declared === undefined) return;
    for (const [name, { value }] of this.#declared) {
      if (value === undefined || this.#hasAttribute(name)) continue;
      // with a space, "=" and quotes
      this.#defaulted += name.length + value.length + 4;
      if (this.#defaulted > DEFAULTS_LIMIT)
        throw beyond(`attribute defaults add more than ${DEFAULTS_LIMIT} characters`);
      this.#add(name, value, depth);
    }
  }

  /** The element whose tag has been read. */
  #element(name: string): Element {
    const colon = name.indexOf(':');
    const prefix = colon < 0 ? '' : name.slice(0, colon);
    const local = colon < 0 ? name : localPart(name, colon);
    const uri = this.#namespaces.resolve(prefix);
    if (this.#names.length > 0) {
      // V8 is slow to set a length
      this.#names = [];
      this.#nameSet = undefined;
    }
    const sent = this.#attributes;
    if (sent === undefined) return { uri, prefix, local, attributes: NO_ATTRIBUTES };
    this.#attributes = undefined;
    const attributes = this.#hasPrefixes ? this.#resolved(name, sent) : sent;
    this.#hasPrefixes = false;
    return { uri, prefix, local, attributes };
  }

  /** The attributes with their namespaces, which no two of the same name share (section 6.3). */
  #resolved(element: string, sent: readonly Attribute[]): Attribute[] {
    const seen = new Set<string>();
    return sent.map((attribute) => {
      const { local, prefix, value } = attribute;
      if (prefix === '') return attribute;
      const uri = this.#namespaces.resolve(prefix);
      // no local name has a space
      const identity = `${local} ${uri}`;
      if (seen.has(identity)) throw malformed(`<${element}> has ${local} twice, by two prefixes`);
      seen.add(identity);
      return { local, prefix, uri, value };
    });
  }
}

/** A value of another type than CDATA (XML 1.0, 3.3.3). */
const tokens = (value: string): string => value.replace(/ +/g, ' ').replace(/^ | $/g, '');

const malformed = (message: string): GatewayError => new GatewayError('malformed-xml', message);

const beyond = (message: string): GatewayError => new GatewayError('limit-exceeded', message);
