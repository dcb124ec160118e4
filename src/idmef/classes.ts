/**
 * The IDMEF classes, which drive reading and encoding: the table put together, each field with its
 * place and each class name with its class.
 */
import {
  ALIASES,
  CLASS_TABLE,
  type ClassDraft,
  type ObjectDraft,
  type ValueDraft,
} from './class-table.ts';

/** A field with a value of its own. */
export interface ValueField extends ValueDraft {
  /** place among the fields of the class */
  readonly index: number;
}

/** A field that holds objects of another class. */
export interface ClassField extends ObjectDraft {
  readonly class: IdmefClass;
  /** place among the fields of the class */
  readonly index: number;
}

export type Field = ValueField | ClassField;

/** What a child element means inside a class; `once` is a bit of its own, 0 where it may repeat. */
export type ChildRule =
  | { readonly kind: 'field'; readonly field: Field; readonly once: number }
  /** an Analyzer in an Analyzer: the next one of the message's list (RFC 4765, 4.2.4.1) */
  | { readonly kind: 'nested'; readonly class: IdmefClass; readonly once: number }
  /** FileList of the 2004 draft: its children are this class's */
  | { readonly kind: 'transparent'; readonly only: ReadonlyMap<string, ChildRule> }
  /** FileAccess/Permission: its perms attribute, or its text (libprelude has strings) */
  | { readonly kind: 'permission'; readonly field: ValueField }
  /** what libprelude has no field for */
  | { readonly kind: 'dropped'; readonly why: string };

/** One IDMEF class. */
export interface IdmefClass {
  /** name of the element */
  readonly xml: string;
  readonly tag: number;
  /** in the order in which libprelude writes them */
  readonly fields: readonly Field[];
  readonly attributes: ReadonlyMap<string, ValueField>;
  readonly children: ReadonlyMap<string, ChildRule>;
  /** the field that the element's own text goes to */
  readonly text: ValueField | undefined;
}

interface Building extends IdmefClass {
  readonly fields: Field[];
  readonly attributes: Map<string, ValueField>;
  readonly children: Map<string, ChildRule>;
  text: ValueField | undefined;
}

function empty({ xml, tag }: ClassDraft): Building {
  return {
    xml,
    tag,
    fields: [],
    attributes: new Map(),
    children: new Map(),
    text: undefined,
  };
}

function addField(building: Building, field: Field): void {
  building.fields.push(field);
  if (field.kind === 'class') building.children.set(field.xml, fieldRule(field));
  else if (field.at === 'attribute') building.attributes.set(field.xml, field);
  else if (field.at === 'text') building.text = field;
  else if (field.name === 'permission')
    building.children.set(field.xml, { kind: 'permission', field });
  else building.children.set(field.xml, fieldRule(field));
}

/** Analyzer is a list to libprelude, which the nesting fills: the element comes once. */
function fieldRule(field: Field): ChildRule {
  const once = field.list && field.xml !== 'Analyzer' ? 0 : 1 << field.index;
  return { kind: 'field', field, once };
}

function build(drafts: readonly ClassDraft[]): ReadonlyMap<string, IdmefClass> {
  const all = new Map(drafts.map((draft) => [draft.xml, empty(draft)]));
  const named = (xml: string): Building => {
    const found = all.get(xml);
    if (found === undefined) throw new Error(`the class table has no ${xml}`);
    return found;
  };
  for (const { xml, drafts: fields } of drafts) {
    const building = named(xml);
    fields.forEach((draft, index) => {
      addField(
        building,
        draft.kind === 'class' ? { ...draft, class: named(draft.xml), index } : { ...draft, index },
      );
    });
    for (const [alias, meant] of Object.entries(ALIASES[xml] ?? {})) {
      const rule = building.children.get(meant);
      if (rule !== undefined) building.children.set(alias, rule);
    }
  }
  const analyzer = named('Analyzer');
  const once = 1 << analyzer.fields.length;
  analyzer.children.set('Analyzer', { kind: 'nested', class: analyzer, once });
  // 2004 draft
  const files = new Map([...named('Target').children].filter(([xml]) => xml === 'File'));
  named('Target').children.set('FileList', { kind: 'transparent', only: files });
  named('SNMPService').children.set('community', {
    kind: 'dropped',
    why: 'libprelude has no community',
  });
  return all;
}

const CLASSES = build(CLASS_TABLE);

function classNamed(xml: string): IdmefClass {
  const found = CLASSES.get(xml);
  if (found === undefined) throw new Error(`the class table has no ${xml}`);
  return found;
}

/** Every class by the name of its element. */
export const IDMEF_CLASSES = CLASSES;

/** The field with that name of libprelude. */
export function fieldNamed({ xml, fields }: IdmefClass, name: string): Field {
  const found = fields.find((field) => field.name === name);
  if (found === undefined) throw new Error(`${xml} has no ${name}`);
  return found;
}

export const ALERT = classNamed('Alert');
export const HEARTBEAT = classNamed('Heartbeat');
export const ANALYZER = classNamed('Analyzer');
export const ASSESSMENT = classNamed('Assessment');
export const IMPACT = classNamed('Impact');
export const ADDITIONAL_DATA = classNamed('AdditionalData');
