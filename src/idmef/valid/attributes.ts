/** The attributes of one element: what is wrong with them. */
import { isIdmef } from '../namespaces.ts';
import { quote } from '../text.ts';
import { type AttributeRule, type Name, type Value, nameKey } from './pattern.ts';
import { NAME_SHOWN, attributeName, clip, list } from './words.ts';

/** An attribute as a sender wrote it, with its namespace. */
export interface SentAttribute extends Name {
  /** as it was written */
  readonly name: string;
  readonly value: string;
}

/** What is wrong with the attributes of an element: a message each. */
export function attributeFaults(
  rules: ReadonlyMap<string, AttributeRule>,
  attributes: readonly SentAttribute[],
): string[] {
  const present = new Set<AttributeRule>();
  const faults: string[] = [];
  for (const attribute of attributes) {
    const rule = rules.get(nameKey(attribute));
    const meant = rule ?? alikeRule(rules, attribute);
    if (meant !== undefined) present.add(meant);
    if (rule === undefined) faults.push(unknownAttribute(rules, attribute, meant));
    else if (!isValue(attribute.value, rule.value))
      faults.push(
        `${attribute.name}=${quote(attribute.value)}: it has to be ${wanted(rule.value)}`,
      );
  }
  for (const rule of rules.values())
    if (rule.required && !present.has(rule)) faults.push(missingAttribute(rule));
  return faults;
}

/** The rule for the name but for the case of its letters, or a prefix where none belongs. */
function alikeRule(
  rules: ReadonlyMap<string, AttributeRule>,
  { uri, local }: Name,
): AttributeRule | undefined {
  if (local.length > NAME_SHOWN) return undefined;
  const small = local.toLowerCase();
  return [...rules.values()].find(
    ({ name }) =>
      (name.uri === uri || (name.uri === '' && isIdmef(uri))) && name.local.toLowerCase() === small,
  );
}

function unknownAttribute(
  rules: ReadonlyMap<string, AttributeRule>,
  { name }: SentAttribute,
  meant: AttributeRule | undefined,
): string {
  if (meant !== undefined)
    return `the attribute ${clip(name)} has to be written ${attributeName(meant.name)}`;
  // the element's own attributes before those that every element may have
  const allowed = [...rules.values()].sort(
    (one, other) => Number(one.name.uri !== '') - Number(other.name.uri !== ''),
  );
  const names = allowed.map((rule) => attributeName(rule.name));
  const verb = names.length === 1 ? 'is' : 'are';
  return (
    `the attribute ${clip(name)} is not allowed here; ` +
    (names.length === 0 ? 'none is' : `allowed ${verb} ${list(names, 'and')}`)
  );
}

function missingAttribute({ name, value }: AttributeRule): string {
  const missing = `the attribute ${attributeName(name)} is missing`;
  return value.kind === 'any' ? missing : `${missing}; it has to be ${wanted(value)}`;
}

function isValue(text: string, value: Value): boolean {
  switch (value.kind) {
    case 'any':
      return true;
    case 'one-of':
      return value.values.includes(text);
    case 'token':
      return value.test.test(text);
  }
}

function wanted(value: Value): string {
  switch (value.kind) {
    case 'any':
      return 'any text';
    case 'one-of':
      return list(value.values, 'or');
    case 'token':
      return 'one word of letters, digits and . - _ :';
  }
}
