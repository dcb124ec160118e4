/** Random documents, from the class table. */
import fc, { type Arbitrary } from 'fast-check';
import {
  ADDITIONAL_DATA,
  ALERT,
  HEARTBEAT,
  type ChildRule,
  type IdmefClass,
  type ValueField,
} from '../../src/idmef/classes.ts';
import { additionalData } from './arbitrary-data.ts';
import { anyText, ntpstampText, valueText } from './arbitrary-values.ts';
import { leaf, type XmlAttribute, type XmlElement } from './xml-tree.ts';

const LIST_LENGTH = 2;
/** File in Linkage in File */
const FILE_DEPTH = 2;
/** Analyzer in Analyzer */
const ANALYZER_DEPTH = 2;

interface Depth {
  readonly files: number;
  readonly analyzers: number;
}

function maybe<T>(arbitrary: Arbitrary<T>): Arbitrary<T[]> {
  return fc.array(arbitrary, { maxLength: 1 });
}

function anyOf<T>(arbitraries: readonly Arbitrary<T[]>[]): Arbitrary<T[]> {
  return fc.tuple(...arbitraries).map((lists) => lists.flat());
}

function attributesOf(idmefClass: IdmefClass): Arbitrary<XmlAttribute[]> {
  return anyOf(
    [...idmefClass.attributes].map(([name, field]) =>
      maybe(valueText(field).map((value): XmlAttribute => [name, value])),
    ),
  );
}

function timeElement(field: ValueField): Arbitrary<XmlElement> {
  const stamped = fc
    .tuple(ntpstampText, fc.oneof(valueText(field), fc.constantFrom('', ' \n')))
    .map(([stamp, text]) => leaf(field.xml, text, [['ntpstamp', stamp]]));
  return fc.oneof(
    { weight: 3, arbitrary: valueText(field).map((text) => leaf(field.xml, text)) },
    { weight: 1, arbitrary: stamped },
  );
}

function valueElement(name: string, field: ValueField): Arbitrary<XmlElement> {
  if (field.type === 'time') return timeElement(field);
  return valueText(field).map((text) => leaf(name, text));
}

function permission(name: string): Arbitrary<XmlElement> {
  return fc.oneof(
    anyText.map((text) => leaf(name, text)),
    fc.tuple(anyText, anyText).map(([perms, text]) => leaf(name, text, [['perms', perms]])),
  );
}

/** One child element of that name. */
function childElement(name: string, rule: ChildRule, depth: Depth): Arbitrary<XmlElement> {
  switch (rule.kind) {
    case 'nested':
      return classElement(name, rule.class, { ...depth, analyzers: depth.analyzers - 1 });
    case 'transparent':
      return anyOf(
        [...rule.only].map(([xml, inner]) =>
          fc.array(childElement(xml, inner, depth), { maxLength: LIST_LENGTH }),
        ),
      ).map((children) => ({ kind: 'idmef', name, attributes: [], children, loose: true }));
    case 'dropped':
      return anyText.map((text) => leaf(name, text));
    case 'permission':
      return permission(name);
    case 'field': {
      const { field } = rule;
      if (field.kind === 'value') return valueElement(name, field);
      if (field.class === ADDITIONAL_DATA) return additionalData;
      const files = field.xml === 'File' ? depth.files - 1 : depth.files;
      return classElement(name, field.class, { ...depth, files });
    }
  }
}

function isPossible(rule: ChildRule, { files, analyzers }: Depth): boolean {
  if (rule.kind === 'nested') return analyzers > 0;
  if (rule.kind === 'field' && rule.field.xml === 'Linkage') return files > 0;
  return true;
}

function isList(rule: ChildRule): boolean {
  if (rule.kind === 'field') return rule.field.list && rule.field.xml !== 'Analyzer';
  return rule.kind === 'permission' || rule.kind === 'transparent';
}

function childrenOf(idmefClass: IdmefClass, depth: Depth): Arbitrary<XmlElement[]> {
  const spellings = new Map<ChildRule, string[]>();
  for (const [name, rule] of idmefClass.children) {
    const known = spellings.get(rule);
    if (known === undefined) spellings.set(rule, [name]);
    else known.push(name);
  }
  const possible = [...spellings].filter(([rule]) => isPossible(rule, depth));
  return anyOf(
    possible.map(([rule, names]) => {
      const element = fc.oneof(...names.map((name) => childElement(name, rule, depth)));
      // without a CreateTime it is the present time
      if (names.includes('CreateTime')) return element.map((only) => [only]);
      return isList(rule) ? fc.array(element, { maxLength: LIST_LENGTH }) : maybe(element);
    }),
  );
}

function classElement(name: string, idmefClass: IdmefClass, depth: Depth): Arbitrary<XmlElement> {
  const { text } = idmefClass;
  const children = text === undefined ? childrenOf(idmefClass, depth) : maybe(valueText(text));
  return fc.tuple(attributesOf(idmefClass), children).map(([attributes, inside]) => ({
    kind: 'idmef',
    name,
    attributes,
    children: inside,
    loose: text === undefined,
  }));
}

const depth = { files: FILE_DEPTH, analyzers: ANALYZER_DEPTH };
const alert = classElement('Alert', ALERT, depth);
const heartbeat = classElement('Heartbeat', HEARTBEAT, depth);

/** A random IDMEF-Message with one message or several. */
export const anyDocument: Arbitrary<XmlElement> = fc
  .tuple(
    maybe(anyText),
    fc.array(fc.oneof({ weight: 3, arbitrary: alert }, heartbeat), { minLength: 1, maxLength: 3 }),
  )
  .map(([version, messages]) => ({
    kind: 'idmef',
    name: 'IDMEF-Message',
    attributes: version.map((text): XmlAttribute => ['version', text]),
    children: messages,
    loose: true,
  }));
