/** Builders of objects, from the document down, driven by the class table. */
import { GatewayError } from '../errors.ts';
import {
  at,
  idmefAttributes,
  IdmefBuilder,
  Ignored,
  joined,
  unexpectedElement,
  unknownAttribute,
  type Builder,
  type Context,
} from './builder.ts';
import {
  ALERT,
  HEARTBEAT,
  type ChildRule,
  type ClassField,
  type IdmefClass,
  type ValueField,
} from './classes.ts';
import type { Element } from './content.ts';
import { Idmef } from './message.ts';
import { isIdmef } from './namespaces.ts';
import { quote, trim } from './text.ts';
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
  #version = '';

  constructor(context: Context, element: Element) {
    super(context, element);
    for (const { local, value } of idmefAttributes(element)) {
      if (local !== 'version') throw unknownAttribute(local, element, '');
      this.#version = value;
    }
  }

  readonly path = '';

  protected child(element: Element): Builder {
    const idmefClass = [ALERT, HEARTBEAT].find(({ xml }) => xml === element.local);
    if (idmefClass === undefined)
      throw unexpectedElement(element.local, 'IDMEF-Message', ['Alert', 'Heartbeat']);
    this.context.begin();
    const body = new Idmef(idmefClass);
    return new ClassBuilder(this.context, element, body, idmefClass.xml.toLowerCase(), () => {
      body.values[createTimeOf(idmefClass)] ??= now();
      this.context.deliver({ version: this.#version, body });
    });
  }

  close(): void {
    // every message has been delivered at its own end
  }
}

function createTimeOf(idmefClass: IdmefClass): number {
  return idmefClass.fields.findIndex(({ name }) => name === 'create_time');
}

const nothing = (): void => undefined;

/** An element that is an object of a class. */
class ClassBuilder extends IdmefBuilder {
  readonly object: Idmef;
  readonly path: string;
  readonly #done: () => void;
  #text = '';
  /** the rules of the children that were there and may be there once */
  #seen: Set<ChildRule> | undefined;

  constructor(context: Context, element: Element, object: Idmef, path: string, done: () => void) {
    super(context, element);
    this.object = object;
    this.path = path;
    this.#done = done;
    for (const { local, value } of idmefAttributes(element)) this.#attribute(local, value);
  }

  #attribute(name: string, raw: string): void {
    const field = this.object.class.attributes.get(name);
    if (field === undefined) throw unknownAttribute(name, this.element, this.path);
    const value = at(joined(this.path, field.name), () => parseValue(field, raw, this.note));
    if (value !== undefined) this.object.put(field, value);
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
      case 'dropped':
        this.note(`A7 ${rule.why}: <${element.local}> dropped`);
        return new Ignored(this.path);
      case 'transparent':
        return new TransparentBuilder(this.context, element, this, rule.only);
      case 'permission':
        return new PermissionBuilder(this.context, element, this.object, rule.field, this.path);
      case 'nested':
        this.#once(rule, element);
        return this.nested(element);
      case 'field': {
        const { field } = rule;
        // Analyzer is a list to libprelude, which the nesting fills
        if (!field.list || field.xml === 'Analyzer') this.#once(rule, element);
        return field.kind === 'class' ? this.#object(field, element) : this.#value(field, element);
      }
    }
  }

  #once(rule: ChildRule, element: Element): void {
    const seen = (this.#seen ??= new Set());
    if (seen.has(rule))
      throw new GatewayError('not-idmef', `a second <${element.local}> in <${this.element.local}>`);
    seen.add(rule);
  }

  #value(field: ValueField, element: Element): Builder {
    return new ValueBuilder(this.context, element, this.object, field, this.path);
  }

  #object(field: ClassField, element: Element): Builder {
    if (field.class.additionalData)
      return new AdditionalDataBuilder(this.context, element, this.object, field, this.path);
    if (field.union) this.#dropOthers(field);
    const object = new Idmef(field.class);
    const place = this.object.put(field, object);
    const path = joined(this.path, field.list ? `${field.name}(${place})` : field.name);
    if (field.xml === 'Analyzer')
      return new AnalyzerBuilder(this.context, element, object, this, field, path);
    return new ClassBuilder(this.context, element, object, path, nothing);
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
    if (field !== undefined && trim(this.#text) !== '') {
      const value = at(joined(this.path, field.name), () =>
        parseValue(field, this.#text, this.note),
      );
      if (value !== undefined) this.object.put(field, value);
    }
    this.#done();
  }
}

/** Analyzer: the one inside it is the next item of the message's list (RFC 4765, 4.2.4.1). */
class AnalyzerBuilder extends ClassBuilder {
  readonly #message: ClassBuilder;
  readonly #field: ClassField;

  constructor(
    context: Context,
    element: Element,
    object: Idmef,
    message: ClassBuilder,
    field: ClassField,
    path: string,
  ) {
    super(context, element, object, path, nothing);
    this.#message = message;
    this.#field = field;
  }

  protected override nested(element: Element): Builder {
    const object = new Idmef(this.#field.class);
    const place = this.#message.object.put(this.#field, object);
    const path = joined(this.#message.path, `${this.#field.name}(${place})`);
    return new AnalyzerBuilder(this.context, element, object, this.#message, this.#field, path);
  }
}

/** FileList of the 2004 draft: its children are those of the class around it. */
class TransparentBuilder extends IdmefBuilder {
  readonly #around: ClassBuilder;
  readonly #rules: ReadonlyMap<string, ChildRule>;

  constructor(
    context: Context,
    element: Element,
    around: ClassBuilder,
    rules: ReadonlyMap<string, ChildRule>,
  ) {
    super(context, element);
    this.#around = around;
    this.#rules = rules;
    for (const { local } of idmefAttributes(element))
      throw unknownAttribute(local, element, this.path);
  }

  get path(): string {
    return this.#around.path;
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
