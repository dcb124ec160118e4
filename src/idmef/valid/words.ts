/** Names and lists in the messages of explain.ts. */
import type { ElementPattern, Name } from './pattern.ts';

/** characters of a sender's name or text that are repeated to him */
export const NAME_SHOWN = 40;

export const clip = (name: string): string =>
  name.length > NAME_SHOWN ? `${name.slice(0, NAME_SHOWN)}…` : name;

/** `<name>` */
export const tagOf = (name: string): string => `<${clip(name)}>`;

/** `a, b or c` */
export function list(words: readonly string[], conjunction: 'and' | 'or'): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} ${conjunction} ${last}`;
}

export const anyOf = (elements: readonly ElementPattern[]): string =>
  list(
    elements.map(({ name }) => tagOf(name.local)),
    'or',
  );

export const attributeName = ({ uri, local }: Name): string =>
  uri === '' ? local : `xml:${local}`;
