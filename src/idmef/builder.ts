/**
 * One builder for each open element: it takes the element's text and children and puts values into
 * its object. Here is what all builders do alike; class-builders.ts has those of IDMEF's classes,
 * value-builders.ts those of single values.
 *
 * Errors are GatewayErrors without a place; the reader knows it. A builder knows the builder around
 * it and its own field, so that only an error or an adaptation costs the making of a path.
 */
import { GatewayError } from '../errors.ts';
import type { Element } from '../xml/canonical.ts';
import type { Field } from './classes.ts';
import type { Idmef, Message } from './message.ts';
import { isIdmef } from './namespaces.ts';
import { isBlank, quote, trim, type Notes } from './text.ts';

/** What builders need of the reader. */
export interface Context {
  /** one adaptation, at the IDMEF path of the builder */
  note(builder: Builder, text: string): void;
  deliver(message: Message): void;
  /** a message begins: limits per message begin anew */
  begin(): void;
}

/** One open element. */
export interface Builder {
  /** IDMEF path of what is read here, such as alert.source(0) */
  readonly path: string;
  /** the builder of a child element */
  open(element: Element): Builder;
  text(text: string): void;
  instruction(target: string, data: string): void;
  close(): void;
}

/** The builder of an object, as the builders of its fields see it. */
export interface Parent {
  readonly context: Context;
  readonly object: Idmef;
  readonly path: string;
}

/** The IDMEF path of a field; of one object in it if it is a list and the index is given. */
export function fieldPath({ path }: Parent, { name, list }: Field, index?: number): string {
  return list && index !== undefined ? `${path}.${name}(${index})` : `${path}.${name}`;
}

export function unknownAttribute(name: string, element: Element, path: string): GatewayError {
  return new GatewayError('not-idmef', `<${element.local}> has no attribute ${quote(name)}`, {
    path,
  });
}

export function unexpectedElement(
  name: string,
  inside: string,
  allowed: Iterable<string>,
): GatewayError {
  const list = [...allowed];
  const hint = list.length === 0 ? 'it has no children' : `it may have ${list.join(', ')}`;
  return new GatewayError('not-idmef', `<${name}> is not allowed in <${inside}>: ${hint}`);
}

/** A foreign element: ignored with all it contains. */
export class Ignored implements Builder {
  readonly #around: Builder;

  constructor(around: Builder) {
    this.#around = around;
  }

  get path(): string {
    return this.#around.path;
  }

  open(): Builder {
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

/** What all builders of IDMEF elements do alike. */
export abstract class IdmefBuilder implements Builder, Notes {
  readonly context: Context;
  readonly element: Element;

  constructor(context: Context, element: Element) {
    this.context = context;
    this.element = element;
  }

  abstract readonly path: string;
  abstract close(): void;
  protected abstract child(element: Element): Builder;

  protected abstract attribute(name: string, value: string): void;

  /** Takes the attributes that are IDMEF's; the constructors call it when they know their path. */
  protected attributes(): void {
    for (const { uri, local, value } of this.element.attributes)
      if (isIdmef(uri)) this.attribute(local, value);
  }

  open(element: Element): Builder {
    return isIdmef(element.uri) ? this.child(element) : new Ignored(this);
  }

  text(text: string): void {
    if (!isBlank(text))
      throw new GatewayError(
        'not-idmef',
        `text ${quote(trim(text))} in <${this.element.local}>, which has only elements`,
      );
  }

  instruction(): void {
    // of no meaning to IDMEF
  }

  note(text: string): void {
    this.context.note(this, text);
  }
}
