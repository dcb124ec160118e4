/** Builders of single values: leaves, Permission, and AdditionalData with all it contains. */
import { readAdditionalData } from './additional-data.ts';
import {
  idmefAttributes,
  IdmefBuilder,
  joined,
  unexpectedElement,
  unknownAttribute,
  type Builder,
  type Context,
} from './builder.ts';
import type { ClassField, ValueField } from './classes.ts';
import type { Element, Node } from './content.ts';
import { Idmef } from './message.ts';
import { trim } from './text.ts';
import { timeFromNtpstamp } from './time.ts';
import { parseValue } from './values.ts';

/** An element whose text is a value. */
export class ValueBuilder extends IdmefBuilder {
  readonly path: string;
  protected readonly object: Idmef;
  protected readonly field: ValueField;
  protected content = '';
  #ntpstamp: string | undefined;

  constructor(context: Context, element: Element, object: Idmef, field: ValueField, path: string) {
    super(context, element);
    this.object = object;
    this.field = field;
    this.path = joined(path, field.name);
    for (const { local, value } of idmefAttributes(element)) this.attribute(local, value);
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
    this.content += text;
  }

  close(): void {
    const value =
      this.#ntpstamp !== undefined && trim(this.content) === ''
        ? timeFromNtpstamp(this.#ntpstamp, this.note)
        : parseValue(this.field, this.content, this.note);
    if (value !== undefined) this.object.put(this.field, value);
  }
}

/** Permission: its perms attribute (RFC 4765, 4.2.7.6.1) or its text (2004 draft). */
export class PermissionBuilder extends ValueBuilder {
  protected override attribute(name: string, value: string): void {
    if (name !== 'perms') throw unknownAttribute(name, this.element, this.path);
    if (value !== '') this.object.put(this.field, value);
  }

  override close(): void {
    const perms = idmefAttributes(this.element).length > 0;
    if (!perms) super.close();
  }
}

/** AdditionalData: all it contains is kept until its end shows what it means. */
export class AdditionalDataBuilder extends IdmefBuilder {
  readonly path: string;
  readonly #around: Idmef;
  readonly #field: ClassField;
  readonly #nodes: Node[] = [];
  #type: string | undefined;
  #meaning = '';

  constructor(context: Context, element: Element, around: Idmef, field: ClassField, path: string) {
    super(context, element);
    this.#around = around;
    this.#field = field;
    const list = around.values[field.index];
    this.path = joined(path, `${field.name}(${Array.isArray(list) ? list.length : 0})`);
    for (const { local, value } of idmefAttributes(element)) {
      if (local === 'type') this.#type = trim(value);
      else if (local === 'meaning') this.#meaning = value;
      else throw unknownAttribute(local, element, this.path);
    }
  }

  override open(element: Element): Builder {
    return new ContentBuilder(element, this.#nodes, this.path);
  }

  protected child(element: Element): Builder {
    return this.open(element);
  }

  override text(text: string): void {
    this.#nodes.push(text);
  }

  override instruction(target = '', data = ''): void {
    this.#nodes.push({ target, data });
  }

  close(): void {
    const content = { type: this.#type, nodes: this.#nodes };
    const value = readAdditionalData(content, this.note);
    if (value === undefined) return;
    const object = new Idmef(this.#field.class);
    for (const field of object.class.fields) {
      if (field.name === 'data') object.put(field, value.data);
      else if (field.name === 'type') object.put(field, value.type);
      else if (this.#meaning !== '') object.put(field, this.#meaning);
    }
    this.#around.put(this.#field, object);
  }
}

/** An element inside AdditionalData. */
class ContentBuilder implements Builder {
  readonly path: string;
  readonly #children: Node[] = [];

  constructor(element: Element, siblings: Node[], path: string) {
    this.path = path;
    siblings.push({ element, children: this.#children });
  }

  open(element: Element): Builder {
    return new ContentBuilder(element, this.#children, this.path);
  }

  text(text: string): void {
    this.#children.push(text);
  }

  instruction(target: string, data: string): void {
    this.#children.push({ target, data });
  }

  close(): void {
    // kept by what is around it
  }
}
