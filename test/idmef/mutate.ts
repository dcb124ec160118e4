/** Damages documents: flips, cuts, doublings, splices of two documents, swaps of tokens. */
import type { Random } from './random.ts';

type Mutation = (document: Buffer, other: Buffer, random: Random) => Buffer;

const LONGEST = 200;

function span(document: Buffer, random: Random): [number, number] {
  const start = random.below(document.length + 1);
  return [start, Math.min(document.length, start + random.below(LONGEST))];
}

function replaced(document: Buffer, [start, end]: [number, number], by: Uint8Array): Buffer {
  return Buffer.concat([document.subarray(0, start), by, document.subarray(end)]);
}

const INTERESTING = [
  '<',
  '>',
  '&',
  '"',
  "'",
  '/',
  '=',
  ']]>',
  '<!--',
  '-->',
  '<![CDATA[',
  '<?',
  '?>',
  '&#x0;',
  '&#xd800;',
  '&lt;',
  '&amp;',
  '&#13;',
  '&x;',
  '\0',
  '\x0b',
  '\ufffe',
  '\ufeff',
  'é',
  '😀',
  '\r',
  '\r\n',
  ' ',
  ':',
  'xmlns=""',
  'xmlns:idmef="urn:x"',
  'xmlns="urn:f"',
  '0x',
  '-1',
  '1e400',
  '99999999999999999999',
  '24:00:00',
  '+',
  '<!DOCTYPE a [',
  '<!ENTITY a "b">',
  ']>',
  '<a>',
  '</a>',
  '<Alert>',
  '</Alert>',
  '<x:y xmlns:x="z"/>',
  'constructor',
  '__proto__',
  'hasOwnProperty',
  'toString="1"',
] as const;

const flip: Mutation = (document, _other, random) => {
  const copy = Buffer.from(document);
  const at = random.below(copy.length);
  const byte = copy[at];
  if (byte !== undefined) copy[at] = byte ^ (1 << random.below(8));
  return copy;
};

const overwrite: Mutation = (document, _other, random) => {
  const copy = Buffer.from(document);
  if (copy.length > 0) copy[random.below(copy.length)] = random.below(256);
  return copy;
};

const cut: Mutation = (document, _other, random) =>
  replaced(document, span(document, random), Buffer.alloc(0));

const truncate: Mutation = (document, _other, random) =>
  document.subarray(0, random.below(document.length + 1));

const double: Mutation = (document, _other, random) => {
  const [start, end] = span(document, random);
  return replaced(document, [end, end], document.subarray(start, end));
};

const splice: Mutation = (document, other, random) => {
  const at = random.below(document.length + 1);
  return Buffer.concat([document.subarray(0, at), other.subarray(random.below(other.length + 1))]);
};

const graft: Mutation = (document, other, random) =>
  replaced(document, span(document, random), other.subarray(...span(other, random)));

const insert: Mutation = (document, _other, random) => {
  const at = random.below(document.length + 1);
  return replaced(document, [at, at], Buffer.from(random.pick(INTERESTING)));
};

/** Names, values, texts and what stands between them. */
function tokens(document: Buffer): string[] {
  return document.toString('latin1').match(/[\w.-]+|\s+|[^\w\s.-]/g) ?? [];
}

const swap: Mutation = (document, _other, random) => {
  const all = tokens(document);
  const [a, b] = [random.below(all.length), random.below(all.length)];
  const [first = '', second = ''] = [all[a], all[b]];
  all[a] = second;
  all[b] = first;
  return Buffer.from(all.join(''), 'latin1');
};

const exchange: Mutation = (document, other, random) => {
  const all = tokens(document);
  const theirs = tokens(other);
  all[random.below(all.length)] = theirs[random.below(theirs.length)] ?? '';
  return Buffer.from(all.join(''), 'latin1');
};

/** Attribute values and texts. */
const VALUE = /(?<=")[^"<>]{1,200}(?=")|(?<=>)[^<>]{1,200}(?=<)/g;
/** Elements without elements in them. */
const LEAF = /<([\w:-]+)(?:\s[^<>]*)?(?:\/>|>[^<>]*<\/\1>)/g;

function find(document: Buffer, pattern: RegExp, random: Random): { start: number; text: string } {
  const all = [...document.toString('latin1').matchAll(pattern)];
  const found = all[random.below(all.length)];
  return { start: found?.index ?? 0, text: found?.[0] ?? '' };
}

/** One piece of the document becomes another; both keep what is around them well-formed. */
function replaceFound(
  pattern: RegExp,
  make: (text: string, from: Buffer, random: Random) => string,
): Mutation {
  return (document, other, random) => {
    const { start, text } = find(document, pattern, random);
    const made = make(text, other, random);
    return replaced(document, [start, start + text.length], Buffer.from(made, 'latin1'));
  };
}

const valueOfOther = replaceFound(VALUE, (_text, other, random) => find(other, VALUE, random).text);
const digitOfValue = replaceFound(VALUE, (text, _other, random) =>
  text.replace(/\d/g, (digit) => (random.oneIn(3) ? String(random.below(10)) : digit)),
);
const leafOfOther = replaceFound(LEAF, (_text, other, random) => find(other, LEAF, random).text);
const leafLeftOut = replaceFound(LEAF, () => '');
const leafAdded = replaceFound(
  LEAF,
  (text, other, random) => text + find(other, LEAF, random).text,
);
const leafTwice = replaceFound(LEAF, (text) => text + text);
const GENTLE = [
  valueOfOther,
  digitOfValue,
  leafOfOther,
  leafLeftOut,
  leafAdded,
  leafTwice,
] as const;

const ROUGH = [
  flip,
  overwrite,
  cut,
  truncate,
  double,
  splice,
  graft,
  insert,
  swap,
  exchange,
] as const;

/** The document, damaged once or a few times. */
export function mutate(document: Buffer, other: Buffer, random: Random): Buffer {
  let damaged = document;
  const mutations = random.oneIn(2) ? ROUGH : GENTLE;
  for (let left = 1 + random.below(3); left > 0; left--)
    damaged = random.pick(mutations)(damaged, other, random);
  return damaged;
}
