/**
 * What is open while a document is read: one frame for each open element, driven by the class
 * table. A frame takes the element's text and children and puts values into its object.
 *
 * Errors are GatewayErrors without a place; the reader knows it.
 */
import { GatewayError } from '../errors.ts';
import { readAdditionalData } from './additional-data.ts';
import {
  ALERT,
  HEARTBEAT,
  type ChildRule,
  type ClassField,
  type IdmefClass,
  type ValueField,
} from './classes.ts';
import type { Attribute, Element, Node } from './content.ts';
import { Idmef, type Message } from './message.ts';
import { isIdmef } from './namespaces.ts';
import { quote, trim, type Note } from './text.ts';
import { now, timeFromNtpstamp } from './time.ts';
import { parseValue } from './values.ts';

/** What frames need of the reader. */
export interface Context {
  /** one adaptation, at the IDMEF path of the frame */
  note(frame: Frame, text: string): void;
  deliver(message: Message): void;
  /** a message begins: limits per message begin anew */
  begin(): void;
}

/** One open element. */
export interface Frame {
  /** IDMEF path of what is read here, such as alert.source(0) */
  readonly path: string;
  /** the frame of a child element */
  open(element: Element): Frame;
  text(text: string): void;
  instruction(target: string, data: string): void;
  close(): void;
}

const joined = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

function idmefAttributes(element: Element): Attribute[] {
  return element.attributes.filter(({ uri }) => isIdmef(uri));
}

function unknownAttribute(name: string, element: Element, path: string): GatewayError {
  return new GatewayError('not-idmef', `<${element.local}> has no attribute ${quote(name)}`, {
    path,
  });
}

function unexpectedElement(name: string, inside: string, allowed: Iterable<string>): GatewayError {
  const list = [...allowed];
  const hint = list.length === 0 ? 'it has no children' : `it may have ${list.join(', ')}`;
  return new GatewayError('not-idmef', `<${name}> is not allowed in <${inside}>: ${hint}`);
}

/** A foreign element: ignored with all it contains. */
class Ignored implements Frame {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  open(): Frame {
    return this;
  }
  text(): void {
    // ignored
  }
  instruction(): void {
    // ignored
  }
  close(): void {
    // nothing was kept
  }
}

/** What all frames of IDMEF elements do alike. */
abstract class IdmefFrame implements Frame {
  readonly context: Context;
  readonly element: Element;

  constructor(context: Context, element: Element) {
    this.context = context;
    this.element = element;
  }

  abstract readonly path: string;
  abstract close(): void;
  protected abstract child(element: Element): Frame;

  open(element: Element): Frame {
    return isIdmef(element.uri) ? this.child(element) : new Ignored(this.path);
  }

  text(text: string): void {
    if (trim(text) !== '')
      throw new GatewayError(
        'not-idmef',
        `text ${quote(trim(text))} in <${this.element.local}>, which has only elements`,
      );
  }

  instruction(): void {
    // of no meaning to IDMEF
  }

  protected readonly note: Note = (text) => {
    this.context.note(this, text);
  };
}

/** Above the root element. */
export class DocumentFrame implements Frame {
  readonly path = '';
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  open(element: Element): Frame {
    if (element.local === 'IDMEF-Message' && isIdmef(element.uri))
      return new IdmefMessageFrame(this.#context, element);
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
class IdmefMessageFrame extends IdmefFrame {
  #version = '';

  constructor(context: Context, element: Element) {
    super(context, element);
    for (const { local, value } of idmefAttributes(element)) {
      if (local !== 'version') throw unknownAttribute(local, element, '');
      this.#version = value;
    }
  }

  readonly path = '';

  protected child(element: Element): Frame {
    const idmefClass = [ALERT, HEARTBEAT].find(({ xml }) => xml === element.local);
    if (idmefClass === undefined)
      throw unexpectedElement(element.local, 'IDMEF-Message', ['Alert', 'Heartbeat']);
    this.context.begin();
    const body = new Idmef(idmefClass);
    return new ClassFrame(this.context, element, body, idmefClass.xml.toLowerCase(), () => {
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

/** An element that is an object of a class. */
class ClassFrame extends IdmefFrame {
  readonly object: Idmef;
  readonly path: string;
  readonly #done: () => void;
  #text = '';
  /** the rules of the children that were there and may be there once */
  readonly #seen = new Set<ChildRule>();

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

  protected child(element: Element): Frame {
    const rule = this.object.class.children.get(element.local);
    if (rule === undefined)
      throw unexpectedElement(element.local, this.element.local, this.object.class.children.keys());
    return this.openBy(rule, element);
  }

  /** The frame of a child that the rule is for. */
  openBy(rule: ChildRule, element: Element): Frame {
    switch (rule.kind) {
      case 'dropped':
        this.note(`A7 ${rule.why}: <${element.local}> dropped`);
        return new Ignored(this.path);
      case 'transparent':
        return new TransparentFrame(this.context, element, this, rule.only);
      case 'permission':
        return new PermissionFrame(this.context, element, this.object, rule.field, this.path);
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
    if (this.#seen.has(rule))
      throw new GatewayError('not-idmef', `a second <${element.local}> in <${this.element.local}>`);
    this.#seen.add(rule);
  }

  #value(field: ValueField, element: Element): Frame {
    return new ValueFrame(this.context, element, this.object, field, this.path);
  }

  #object(field: ClassField, element: Element): Frame {
    if (field.class.additionalData)
      return new AdditionalDataFrame(this.context, element, this.object, field, this.path);
    if (field.union) this.#dropOthers(field);
    const object = new Idmef(field.class);
    const place = this.object.put(field, object);
    const path = joined(this.path, field.list ? `${field.name}(${place})` : field.name);
    if (field.xml === 'Analyzer')
      return new AnalyzerFrame(this.context, element, object, this, field, path);
    return new ClassFrame(this.context, element, object, path, () => undefined);
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

  /** The frame of an Analyzer in an Analyzer. */
  protected nested(element: Element): Frame {
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
class AnalyzerFrame extends ClassFrame {
  readonly #message: ClassFrame;
  readonly #field: ClassField;

  constructor(
    context: Context,
    element: Element,
    object: Idmef,
    message: ClassFrame,
    field: ClassField,
    path: string,
  ) {
    super(context, element, object, path, () => undefined);
    this.#message = message;
    this.#field = field;
  }

  protected override nested(element: Element): Frame {
    const object = new Idmef(this.#field.class);
    const place = this.#message.object.put(this.#field, object);
    const path = joined(this.#message.path, `${this.#field.name}(${place})`);
    return new AnalyzerFrame(this.context, element, object, this.#message, this.#field, path);
  }
}

/** FileList of the 2004 draft: its children are those of the class around it. */
class TransparentFrame extends IdmefFrame {
  readonly #around: ClassFrame;
  readonly #rules: ReadonlyMap<string, ChildRule>;

  constructor(
    context: Context,
    element: Element,
    around: ClassFrame,
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

  protected child(element: Element): Frame {
    const rule = this.#rules.get(element.local);
    if (rule === undefined)
      throw unexpectedElement(element.local, this.element.local, this.#rules.keys());
    return this.#around.openBy(rule, element);
  }

  close(): void {
    // its children are closed
  }
}

/** An element whose text is a value. */
class ValueFrame extends IdmefFrame {
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

  protected child(element: Element): Frame {
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
class PermissionFrame extends ValueFrame {
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
class AdditionalDataFrame extends IdmefFrame {
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

  override open(element: Element): Frame {
    return new ContentFrame(element, this.#nodes, this.path);
  }

  protected child(element: Element): Frame {
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
class ContentFrame implements Frame {
  readonly path: string;
  readonly #children: Node[] = [];

  constructor(element: Element, siblings: Node[], path: string) {
    this.path = path;
    siblings.push({ element, children: this.#children });
  }

  open(element: Element): Frame {
    return new ContentFrame(element, this.#children, this.path);
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

/** Runs the action; an error of it gets this path. */
function at<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof GatewayError && error.path === undefined)
      throw new GatewayError(error.code, error.message, { path, cause: error.cause });
    throw error;
  }
}
