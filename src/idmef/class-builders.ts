/** Builders of objects, from the document down, driven by the class table. */
import { GatewayError } from '../errors.ts';
import {
  fieldPath,
  IdmefBuilder,
  Ignored,
  unexpectedElement,
  unknownAttribute,
  type Builder,
  type Context,
  type Parent,
} from './builder.ts';
import {
  ADDITIONAL_DATA,
  ALERT,
  fieldNamed,
  HEARTBEAT,
  type ChildRule,
  type ClassField,
  type ValueField,
} from './classes.ts';
import type { Element } from '../xml/canonical.ts';
import { Idmef } from './message.ts';
import { isIdmef } from './namespaces.ts';
import { isBlank, quote } from './text.ts';
import { now } from './time.ts';
import { AdditionalDataBuilder, PermissionBuilder, ValueBuilder } from './value-builders.ts';
import { parseValue } from './values.ts';

/** Above the root element. */
export class DocumentBuilder implements Builder {
  readonly path = '';
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  open(element: Element): Builder {
    if (element.local === 'IDMEF-Message' && isIdmef(element.uri))
      return new IdmefMessageBuilder(this.#context, element);
    const namespace = element.uri === '' ? '' : ` of namespace ${quote(element.uri)}`;
    throw new GatewayError(
      'not-idmef',
      `the root element is <${element.local}>${namespace}, not <IDMEF-Message> of http://iana.org/idmef`,
    );
  }
  text(): void {
    // white space only, or it would not be well-formed
  }
  instruction(): void {
    // of no meaning to IDMEF
  }
  close(): void {
    // the reader sees to the end
  }
}

/** IDMEF-Message (RFC 4765, 4.2.1). */
class IdmefMessageBuilder extends IdmefBuilder {
  readonly path = '';
  #version = '';

  constructor(context: Context, element: Element) {
    super(context, element);
    this.attributes();
  }

  protected attribute(name: string, value: string): void {
    if (name !== 'version') throw unknownAttribute(name, this.element, '');
    this.#version = value;
  }

  protected child(element: Element): Builder {
    const idmefClass = [ALERT, HEARTBEAT].find(({ xml }) => xml === element.local);
    if (idmefClass === undefined)
      throw unexpectedElement(element.local, 'IDMEF-Message', ['Alert', 'Heartbeat']);
    this.context.begin();
    return new MessageBuilder(this.context, element, new Idmef(idmefClass), this.#version);
  }

  close(): void {
    // every message has been delivered at its own end
  }
}

/** An element that is an object of a class. */
abstract class ClassBuilder extends IdmefBuilder implements Parent {
  readonly object: Idmef;
  #text = '';
  /** `once` of the children that were there */
  #seen = 0;

  constructor(context: Context, element: Element, object: Idmef) {
    super(context, element);
    this.object = object;
  }

  protected attribute(name: string, raw: string): void {
    const field = this.object.class.attributes.get(name);
    if (field === undefined) throw unknownAttribute(name, this.element, this.path);
    this.#set(field, raw);
  }

  #set(field: ValueField, raw: string): void {
    try {
      const value = parseValue(field, raw, this);
      if (value !== undefined) this.object.put(field, value);
    } catch (error) {
      throw error instanceof GatewayError
        ? new GatewayError(error.code, error.message, { path: fieldPath(this, field) })
        : error;
    }
  }

  protected child(element: Element): Builder {
    const rule = this.object.class.children.get(element.local);
    if (rule === undefined)
      throw unexpectedElement(element.local, this.element.local, this.object.class.children.keys());
    return this.openBy(rule, element);
  }

  /** The builder of a child that the rule is for. */
  openBy(rule: ChildRule, element: Element): Builder {
    switch (rule.kind) {
      case 'field': {
        this.#once(rule.once, element);
        const { field } = rule;
        return field.kind === 'class'
          ? this.#object(field, element)
          : new ValueBuilder(this, element, field);
      }
      case 'nested':
        this.#once(rule.once, element);
        return this.nested(element);
      case 'permission':
        return new PermissionBuilder(this, element, rule.field);
      case 'transparent':
        return new TransparentBuilder(this, element, rule.only);
      case 'dropped':
        this.note(`A7 ${rule.why}: <${element.local}> dropped`);
        return new Ignored(this);
    }
  }

  #once(bit: number, element: Element): void {
    if ((this.#seen & bit) !== 0)
      throw new GatewayError('not-idmef', `a second <${element.local}> in <${this.element.local}>`);
    this.#seen |= bit;
  }

  #object(field: ClassField, element: Element): Builder {
    if (field.class === ADDITIONAL_DATA) return new AdditionalDataBuilder(this, element, field);
    if (field.union) this.#dropOthers(field);
    return field.xml === 'Analyzer'
      ? new AnalyzerBuilder(this, element, field)
      : new ObjectBuilder(this, element, field);
  }

  /** libprelude has one place for the members of a union: the last one takes it. */
  #dropOthers(field: ClassField): void {
    for (const other of this.object.class.fields) {
      if (other.kind !== 'class' || !other.union || other === field) continue;
      if (this.object.values[other.index] === undefined) continue;
      this.object.values[other.index] = undefined;
      this.note(`Prelude holds one of ${other.xml} and ${field.xml}: ${other.xml} dropped`);
    }
  }

  /** The builder of an Analyzer in an Analyzer. */
  protected nested(element: Element): Builder {
    throw unexpectedElement(element.local, this.element.local, []);
  }

  override text(text: string): void {
    if (this.object.class.text === undefined) super.text(text);
    else this.#text += text;
  }

  close(): void {
    const field = this.object.class.text;
    if (field !== undefined && !isBlank(this.#text)) this.#set(field, this.#text);
  }
}

/** Alert or Heartbeat (RFC 4765, 4.2.2 and 4.2.3). */
class MessageBuilder extends ClassBuilder {
  readonly #version: string;

  constructor(context: Context, element: Element, object: Idmef, version: string) {
    super(context, element, object);
    this.#version = version;
    this.attributes();
  }

  get path(): string {
    return this.object.class.xml.toLowerCase();
  }

  override close(): void {
    const { object } = this;
    object.values[fieldNamed(object.class, 'create_time').index] ??= now();
    this.context.deliver({ version: this.#version, body: object });
  }
}

/** An object that is a field of another. */
class ObjectBuilder extends ClassBuilder {
  protected readonly around: Parent;
  protected readonly field: ClassField;
  readonly #index: number;

  constructor(around: Parent, element: Element, field: ClassField) {
    super(around.context, element, new Idmef(field.class));
    this.around = around;
    this.field = field;
    this.#index = around.object.put(field, this.object);
    this.attributes();
  }

  get path(): string {
    return fieldPath(this.around, this.field, this.#index);
  }
}

/** Analyzer: the one inside it is the next item of the message's list (RFC 4765, 4.2.4.1). */
class AnalyzerBuilder extends ObjectBuilder {
  protected override nested(element: Element): Builder {
    return new AnalyzerBuilder(this.around, element, this.field);
  }
}

/** FileList of the 2004 draft: its children are those of the class around it. */
class TransparentBuilder extends IdmefBuilder {
  readonly #around: ClassBuilder;
  readonly #rules: ReadonlyMap<string, ChildRule>;

  constructor(around: ClassBuilder, element: Element, rules: ReadonlyMap<string, ChildRule>) {
    super(around.context, element);
    this.#around = around;
    this.#rules = rules;
    this.attributes();
  }

  get path(): string {
    return this.#around.path;
  }

  protected attribute(name: string): void {
    throw unknownAttribute(name, this.element, this.path);
  }

  protected child(element: Element): Builder {
    const rule = this.#rules.get(element.local);
    if (rule === undefined)
      throw unexpectedElement(element.local, this.element.local, this.#rules.keys());
    return this.#around.openBy(rule, element);
  }

  close(): void {
    // its children are closed
  }
}
