/**
 * The validation of one document, by the events of the reader.
 *
 * A document is validated in parts while it is read. An IDMEF-Message holds any number of messages in
 * any order: it is valid if an IDMEF-Message with the first thousand elements of its messages is, and
 * one with the next, and so on. This bounds the memory of libxml2, which WebAssembly never gives back,
 * and the time for which a document keeps the process from other requests.
 */
import { GatewayError, type Position } from '../errors.ts';
import type { Element } from '../xml/canonical.ts';
import { ELEMENT_LIMIT, type ElementObserver } from '../idmef/read.ts';
import { quote } from '../idmef/text.ts';
import type { Dtd } from './dtd.ts';
import { clip, faultsOf, type Fault } from './faults.ts';
import type { Libxml2Dtd } from './libxml2.ts';
import { PlainDocument, type PlainElement } from './plain.ts';

const ROOT = 'IDMEF-Message';

/** violations that a sender is told */
const VIOLATIONS = 20;
/** characters of the path of a violation; a longer one loses its beginning */
const PATH_LENGTH = 200;
/** characters of a line of the answer */
const LINE_LENGTH = 600;
/** Elements of a part. It ends with a message, and may be longer by that. */
const PART_ELEMENTS = 1000;
/** Attributes of a message: four for each element of the longest one. */
const ATTRIBUTE_LIMIT = 200_000;

/** A document type definition. */
export interface Dialect {
  readonly judge: Pick<Libxml2Dtd, 'violations'>;
  readonly dtd: Dtd;
}

/** The definitions by the namespaces for which they hold. */
export type Dialects = ReadonlyMap<string, Dialect>;

interface Root {
  readonly element: Element;
  readonly line: number;
  /** undefined if it is not one of IDMEF */
  readonly dialect: Dialect | undefined;
}

/** Validates one document. */
export class Validation implements ElementObserver {
  readonly #dialects: Dialects;
  readonly #validated: (milliseconds: number) => void;
  #root: Root | undefined;
  /** undefined when enough is known */
  #part: PlainDocument | undefined;
  /** what the part holds before the message that is being read */
  #before = { elements: 0, attributes: 0 };
  /** how many children of the root are in the parts before, by their names */
  readonly #earlier = new Map<string, number>();
  readonly #violations: string[] = [];
  #milliseconds = 0;

  constructor(dialects: Dialects, validated: (milliseconds: number) => void) {
    this.#dialects = dialects;
    this.#validated = validated;
  }

  /** @throws GatewayError limit-exceeded, without a place */
  open(element: Element, { line }: Position): void {
    if (this.#root === undefined) {
      this.#openRoot(element, line);
      return;
    }
    const part = this.#part;
    if (part === undefined) return;
    if (part.depth === 1) this.#before = { elements: part.elements, attributes: part.attributes };
    part.open(element, line);
    if (part.elements - this.#before.elements > ELEMENT_LIMIT)
      throw new GatewayError('limit-exceeded', `a message of more than ${ELEMENT_LIMIT} elements`);
    if (part.attributes - this.#before.attributes > ATTRIBUTE_LIMIT)
      throw new GatewayError(
        'limit-exceeded',
        `a message of more than ${ATTRIBUTE_LIMIT} attributes`,
      );
  }

  text(text: string): void {
    this.#part?.text(text);
  }

  cdata(): void {
    this.#part?.cdata();
  }

  aside(): void {
    this.#part?.aside();
  }

  close(): void {
    const part = this.#part;
    if (part === undefined) return;
    part.close();
    if (part.depth === 0) this.#judge(part);
    else if (part.depth === 1 && part.elements > PART_ELEMENTS) this.#nextPart(part);
  }

  /**
   * The document is at its end.
   * @throws GatewayError invalid with a line for each violation
   */
  end(): void {
    this.#validated(this.#milliseconds);
    if (this.#violations.length > 0) throw new GatewayError('invalid', this.#violations.join('\n'));
  }

  #openRoot(element: Element, line: number): void {
    const dialect = this.#dialects.get(element.uri);
    const { local, uri } = element;
    const isRoot = local === ROOT;
    this.#root = { element, line, dialect: isRoot ? dialect : undefined };
    if (!isRoot)
      this.#note(line, clip(local), `the root element has to be <${ROOT}>, not <${clip(local)}>`);
    else if (dialect === undefined) {
      const known = [...this.#dialects.keys()].filter((one) => one !== '').map(quote);
      const message = `its namespace is ${quote(uri)}; it has to be ${known.join(', ')} or none`;
      this.#note(line, ROOT, message);
    } else this.#part = openPart(element, line, dialect);
  }

  /** The next part begins with the root element, whose attributes have been judged. */
  #nextPart(part: PlainDocument): void {
    part.close();
    this.#judge(part);
    const { element, line, dialect } = this.#root ?? {};
    if (element === undefined || line === undefined || dialect === undefined) return;
    if (this.#violations.length >= VIOLATIONS) return;
    for (const { element: child } of part.root?.children ?? [])
      this.#earlier.set(child.local, (this.#earlier.get(child.local) ?? 0) + 1);
    this.#part = openPart({ ...element, attributes: [] }, line, dialect);
  }

  #judge(part: PlainDocument): void {
    this.#part = undefined;
    const dialect = this.#root?.dialect;
    if (dialect === undefined) return;
    const begun = performance.now();
    const lines = dialect.judge.violations(part.source);
    this.#milliseconds += performance.now() - begun;
    if (lines.size === 0) return;
    const wrong = [...lines].flatMap((line) => part.atLine(line) ?? []);
    const faults = describe(wrong);
    faults.sort((one, other) => one.at.line - other.at.line);
    for (const { at, message } of faults) this.#note(at.line, this.#pathOf(at), message);
  }

  #note(line: number, path: string, message: string): void {
    if (this.#violations.length >= VIOLATIONS) return;
    const text = `line ${line}: ${path}: ${message}`;
    this.#violations.push(text.length > LINE_LENGTH ? `${text.slice(0, LINE_LENGTH)}…` : text);
  }

  /** `IDMEF-Message/Alert[2]/Source`; the first of its name has no number. */
  #pathOf(element: PlainElement): string {
    const steps: string[] = [];
    for (let at: PlainElement | undefined = element; at !== undefined; at = at.parent) {
      const number = this.#numberOf(at);
      steps.unshift(number === 1 ? clip(at.element.local) : `${clip(at.element.local)}[${number}]`);
    }
    const path = steps.join('/');
    return path.length > PATH_LENGTH ? `…${path.slice(-PATH_LENGTH)}` : path;
  }

  /** Among its siblings of the same name, from 1. */
  #numberOf(element: PlainElement): number {
    const { parent } = element;
    if (parent === undefined) return 1;
    const { local } = element.element;
    let number = parent.parent === undefined ? (this.#earlier.get(local) ?? 0) : 0;
    for (const sibling of parent.children) {
      if (sibling.element.local === local) number++;
      if (sibling === element) break;
    }
    return number;
  }
}

function openPart(root: Element, line: number, { dtd }: Dialect): PlainDocument {
  const part = new PlainDocument(root.uri, dtd);
  part.open(root, line);
  return part;
}

/** @param wrong parents before their children */
function describe(wrong: readonly PlainElement[]): Fault[] {
  const faults: Fault[] = [];
  const covered = new Set<PlainElement>();
  for (const element of wrong) {
    if (covered.has(element)) continue;
    const found = faultsOf(element, VIOLATIONS);
    for (const { at, covers } of found) if (covers) covered.add(at);
    faults.push(...found);
  }
  return faults.length > 0 ? faults : wrong.map(withoutWords);
}

/** For a violation that no words were found for. */
const withoutWords = (at: PlainElement): Fault => ({
  at,
  message: 'this element is not valid by the DTD of its namespace',
});
