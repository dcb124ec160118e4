/**
 * One builder for each open element: it takes the element's text and children and puts values into
 * its object. Here is what all builders do alike; class-builders.ts has those of IDMEF's classes,
 * value-builders.ts those of single values.
 *
 * Errors are GatewayErrors without a place; the reader knows it.
 */
import { GatewayError } from '../errors.ts';
import type { Attribute, Element } from './content.ts';
import type { Message } from './message.ts';
import { isIdmef } from './namespaces.ts';
import { quote, trim, type Note } from './text.ts';

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

export const joined = (path: string, name: string): string =>
  path === '' ? name : `${path}.${name}`;

export function idmefAttributes({ attributes }: Element): readonly Attribute[] {
  return attributes.every(({ uri }) => isIdmef(uri))
    ? attributes
    : attributes.filter(({ uri }) => isIdmef(uri));
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
  readonly path: string;

  constructor(path: string) {
    this.path = path;
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
export abstract class IdmefBuilder implements Builder {
  readonly context: Context;
  readonly element: Element;

  constructor(context: Context, element: Element) {
    this.context = context;
    this.element = element;
  }

  abstract readonly path: string;
  abstract close(): void;
  protected abstract child(element: Element): Builder;

  open(element: Element): Builder {
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

  protected get note(): Note {
    return (text) => {
      this.context.note(this, text);
    };
  }
}

/** Runs the action; an error of it gets this path. */
export function at<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof GatewayError && error.path === undefined)
      throw new GatewayError(error.code, error.message, { path, cause: error.cause });
    throw error;
  }
}
