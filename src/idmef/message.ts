/** An Alert or Heartbeat in memory: what reading gives and encoding takes. */
import type { Field, IdmefClass } from './classes.ts';

/** A point in time as libprelude holds it. */
export class Time {
  /** since 1970-01-01T00:00:00Z, 0 to 2^32 - 1 */
  readonly seconds: number;
  readonly microseconds: number;
  /** seconds east of UTC */
  readonly offset: number;

  constructor(seconds: number, microseconds: number, offset: number) {
    this.seconds = seconds;
    this.microseconds = microseconds;
    this.offset = offset;
  }

  /** ISO 8601 in UTC with microseconds */
  toString(): string {
    const whole = new Date(this.seconds * 1000).toISOString().slice(0, 19);
    return `${whole}.${String(this.microseconds).padStart(6, '0')}Z`;
  }
}

/** libprelude's idmef_data_t: a value that brings its type along. */
export class Data {
  readonly content:
    | { readonly type: 'char' | 'byte'; readonly value: number }
    | { readonly type: 'int'; readonly value: bigint }
    | { readonly type: 'char-string'; readonly value: string }
    | { readonly type: 'byte-string'; readonly value: Uint8Array };

  constructor(content: Data['content']) {
    this.content = content;
  }

  /** the text, the number in decimal, bytes in base64 */
  toString(): string {
    const { type, value } = this.content;
    return type === 'byte-string' ? Buffer.from(value).toString('base64') : value.toString();
  }
}

export type Value = string | number | bigint | Time | Data | Idmef | (string | Idmef)[];

/** One object of an IDMEF class; values stand at their field's index. */
export class Idmef {
  readonly class: IdmefClass;
  readonly values: (Value | undefined)[];

  constructor(idmefClass: IdmefClass) {
    this.class = idmefClass;
    this.values = new Array<Value | undefined>(idmefClass.fields.length);
  }

  /** Sets the field, or appends to it if it is a list. Gives the place in the list, else 0. */
  put(field: Field, value: Exclude<Value, unknown[]>): number {
    if (!field.list) {
      this.values[field.index] = value;
      return 0;
    }
    if (typeof value !== 'string' && !(value instanceof Idmef))
      throw new TypeError(`${field.name} is a list of strings or objects`);
    const list = this.values[field.index];
    if (Array.isArray(list)) return list.push(value) - 1;
    this.values[field.index] = [value];
    return 0;
  }
}

/** One message of a document. */
export interface Message {
  /** IDMEF-Message/@version; empty if there is none */
  readonly version: string;
  /** an Alert or a Heartbeat */
  readonly body: Idmef;
}

/** The object as plain values under libprelude's names, for the log: enumerations and times as text. */
export function plain(object: Idmef): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const field of object.class.fields) {
    const value = object.values[field.index];
    if (value !== undefined) out[field.name] = plainValue(field, value);
  }
  return out;
}

function plainValue(field: Field, value: Value): unknown {
  if (Array.isArray(value)) return value.map((item) => plainValue(field, item));
  if (value instanceof Idmef) return plain(value);
  if (value instanceof Time) return value.toString();
  if (value instanceof Data) return value.toString();
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' && field.kind === 'value' && field.enumeration !== undefined)
    return field.enumeration.textOf(value);
  return value;
}
