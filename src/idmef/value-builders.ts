/** Builders of single values: leaves, Permission, and AdditionalData with all it contains. */
import { isXml, readAdditionalData, type Content } from './additional-data.ts';
import {
  fieldPath,
  IdmefBuilder,
  unexpectedElement,
  unknownAttribute,
  type Builder,
  type Parent,
} from './builder.ts';
import type { Element, Node } from '../xml/canonical.ts';
import { ADDITIONAL_DATA, fieldNamed, type ClassField, type ValueField } from './classes.ts';
import { Idmef } from './message.ts';
import { isIdmef } from './namespaces.ts';
import { isBlank, lowerCase, trim, type Notes } from './text.ts';
import { timeFromNtpstamp } from './time.ts';
import { parseValue } from './values.ts';

/** An element whose text is a value. */
export class ValueBuilder extends IdmefBuilder {
  protected readonly around: Parent;
  protected readonly field: ValueField;
  #content = '';
  #ntpstamp: string | undefined;

  constructor(around: Parent, element: Element, field: ValueField) {
    super(around.context, element);
    this.around = around;
    this.field = field;
    this.attributes();
  }

  get path(): string {
    return fieldPath(this.around, this.field);
  }

  protected attribute(name: string, value: string): void {
    if (this.field.type !== 'time' || name !== 'ntpstamp')
      throw unknownAttribute(name, this.element, this.path);
    this.#ntpstamp = value;
  }

  protected child(element: Element): Builder {
    throw unexpectedElement(element.local, this.element.local, []);
  }

  override text(text: string): void {
    this.#content += text;
  }

  close(): void {
    const value =
      this.#ntpstamp !== undefined && isBlank(this.#content)
        ? timeFromNtpstamp(this.#ntpstamp, this)
        : parseValue(this.field, this.#content, this);
    if (value !== undefined) this.around.object.put(this.field, value);
  }
}

/** Permission: its perms attribute (RFC 4765, 4.2.7.6.1) or its text (2004 draft). */
export class PermissionBuilder extends ValueBuilder {
  protected override attribute(name: string, value: string): void {
    if (name !== 'perms') throw unknownAttribute(name, this.element, this.path);
    if (value !== '') this.around.object.put(this.field, value);
  }

  override close(): void {
    const perms = this.element.attributes.some(({ uri }) => isIdmef(uri));
    if (!perms) super.close();
  }
}

/** An element inside AdditionalData: kept until the end of that shows what it means. */
class ContentBuilder implements Builder, Content {
  readonly element: Element;
  ownText = '';
  children: Content[] | undefined;
  nodes: Node[] | undefined;
  protected readonly around: { readonly path: string };

  constructor(element: Element, around: { readonly path: string }, nodes: Node[] | undefined) {
    this.element = element;
    this.around = around;
    this.nodes = nodes;
  }

  get path(): string {
    return this.around.path;
  }

  open(element: Element): Builder {
    const nodes = this.nodes !== undefined || isXml(element.local) ? [] : undefined;
    if (nodes !== undefined) this.nodes?.push({ element, children: nodes });
    const child = new ContentBuilder(element, this, nodes);
    if (!isIdmef(element.uri)) return child;
    if (this.children === undefined) this.children = [child];
    else this.children.push(child);
    return child;
  }

  text(text: string): void {
    this.ownText += text;
    this.nodes?.push(text);
  }

  instruction(target: string, data: string): void {
    this.nodes?.push({ target, data });
  }

  close(): void {
    // kept by what is around it
  }
}

const MEANING = fieldNamed(ADDITIONAL_DATA, 'meaning');
const TYPE = fieldNamed(ADDITIONAL_DATA, 'type');
const DATA = fieldNamed(ADDITIONAL_DATA, 'data');

/** AdditionalData (RFC 4765, 4.2.4.6). */
export class AdditionalDataBuilder extends ContentBuilder implements Notes {
  readonly #parent: Parent;
  readonly #field: ClassField;
  #type: string | undefined;
  #meaning = '';

  constructor(parent: Parent, element: Element, field: ClassField) {
    super(element, parent, undefined);
    this.#parent = parent;
    this.#field = field;
    for (const { uri, local, value } of element.attributes) {
      if (!isIdmef(uri)) continue;
      if (local === 'type') this.#type = lowerCase(trim(value));
      else if (local === 'meaning') this.#meaning = value;
      else throw unknownAttribute(local, element, this.path);
    }
    if (this.#type !== undefined && isXml(this.#type)) this.nodes = [];
  }

  override get path(): string {
    const list = this.#parent.object.values[this.#field.index];
    return fieldPath(this.#parent, this.#field, Array.isArray(list) ? list.length : 0);
  }

  note(text: string): void {
    this.#parent.context.note(this, text);
  }

  override close(): void {
    const value = readAdditionalData(this.#type, this, this);
    if (value === undefined) return;
    const object = new Idmef(ADDITIONAL_DATA);
    if (this.#meaning !== '') object.put(MEANING, this.#meaning);
    object.put(TYPE, value.type);
    object.put(DATA, value.data);
    this.#parent.object.put(this.#field, object);
  }
}
