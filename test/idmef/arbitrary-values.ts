/** Random texts that are valid for the type of a field. */
import fc, { type Arbitrary } from 'fast-check';
import type { ValueType } from '../../src/idmef/class-table.ts';
import type { ValueField } from '../../src/idmef/classes.ts';

const character = (from: number, to: number): Arbitrary<string> =>
  fc.integer({ min: from, max: to }).map((code) => String.fromCodePoint(code));

/** Any character of XML 1.0, the ones with a meaning more often. */
const anyCharacter = fc.oneof(
  { weight: 8, arbitrary: character(0x20, 0x7e) },
  { weight: 4, arbitrary: fc.constantFrom(...Array.from('<>&"\'];?!-# \t\n\r')) },
  { weight: 2, arbitrary: character(0x7f, 0xff) },
  { weight: 1, arbitrary: character(0x100, 0xd7ff) },
  { weight: 1, arbitrary: character(0xe000, 0xfffd) },
  { weight: 1, arbitrary: character(0x10000, 0x10ffff) },
);

const word = fc.oneof(
  fc.constantFrom(']]>', '-->', '?>', '<![CDATA[', '&amp;', '&#0;', '<a b="c">', '\r\n', '\ufeff'),
  fc.string({ unit: character(0x61, 0x7a), minLength: 1, maxLength: 8 }),
);

/** Any text of XML. */
export const anyText = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: anyCharacter, maxLength: 20 }) },
  { weight: 1, arbitrary: fc.array(word, { maxLength: 4 }).map((words) => words.join('')) },
  { weight: 1, arbitrary: fc.constantFrom('', ' ', '\n\t', '0') },
);

const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 });

/** The text, sometimes with white space around it. */
export function padded(text: Arbitrary<string>): Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: text },
    {
      weight: 1,
      arbitrary: fc
        .tuple(space, text, space)
        .map(([before, inside, after]) => before + inside + after),
    },
  );
}

/** An integer in every form that there is: signs, leading zeros, hexadecimal. */
export function integerText(low: bigint, high: bigint): Arbitrary<string> {
  const edge = fc.constantFrom(low, high, 0n, 1n);
  const value = fc.oneof(edge, fc.bigInt(low, high), fc.bigInt(0n, high < 300n ? high : 300n));
  const form = fc.record({
    plus: fc.boolean(),
    zeros: fc.constantFrom('', '', '', '0', '000'),
    hexadecimal: fc.constantFrom('', '', '0x', '0X'),
    upper: fc.boolean(),
  });
  return fc.tuple(value, form).map(([number, { plus, zeros, hexadecimal, upper }]) => {
    const size = number < 0n ? -number : number;
    const digits = size.toString(hexadecimal === '' ? 10 : 16);
    const sign = number < 0n ? '-' : plus ? '+' : '';
    return sign + hexadecimal + zeros + (upper ? digits.toUpperCase() : digits);
  });
}

const digits = (minLength: number, maxLength: number): Arbitrary<string> =>
  fc.string({ unit: character(0x30, 0x39), minLength, maxLength });

/** A decimal number in every form that there is: signs, points and commas, exponents. */
export const realText = fc
  .record({
    sign: fc.constantFrom('', '', '-', '+'),
    whole: digits(0, 20),
    mark: fc.constantFrom('', '.', ','),
    fraction: digits(0, 30),
    exponent: fc.oneof(
      fc.constant(''),
      fc
        .tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.nat(17))
        .map((parts) => parts.join('')),
    ),
  })
  .map(({ sign, whole, mark, fraction, exponent }) => {
    const behind = mark === '' ? '' : mark + fraction;
    const number = whole === '' && behind.length < 2 ? '0' : whole + behind;
    return sign + number + exponent;
  });

const two = (value: number): string => String(value).padStart(2, '0');

const fraction = fc.oneof(
  fc.constant(''),
  fc.tuple(fc.constantFrom('.', ','), digits(1, 6)).map((parts) => parts.join('')),
);
const longFraction = fc
  .tuple(fc.constantFrom('.', ','), digits(7, 12))
  .map((parts) => parts.join(''));

const zone = fc.oneof(
  fc.constantFrom('Z', '', '+00:00', '-00:00', '+14:00', '-12:00', '+05:45', '-03:-30'),
  fc
    .tuple(fc.constantFrom('+', '-'), fc.nat(14), fc.nat(59))
    .map(([sign, hours, minutes]) => `${sign}${two(hours)}:${two(minutes)}`),
);

const date = fc
  .tuple(
    fc.integer({ min: 1971, max: 2104 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 31 }),
  )
  .map(([year, month, day]) => ({ year, month, day }));

const clock = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(61))
  .map(([hour, minute, second]) => ({ hour, minute, second }));

const isoTime = fc
  .tuple(date, clock, fc.oneof({ weight: 4, arbitrary: fraction }, longFraction), zone)
  .map(
    ([{ year, month, day }, { hour, minute, second }, part, offset]) =>
      `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}${part}${offset}`,
  );

const looseTime = fc
  .tuple(
    date,
    fc.constantFrom('T', ' ', '  ', 'T ', '\t', '\n ', ' T', '\nT\r'),
    clock,
    fraction,
    fc.constantFrom('Z', '', '+2:5', '-11:30', 'Zulu', '+01:00 ', '+ 2: 5', '-\t2:\n30'),
    fc.constantFrom('', '', ' ', '  ', '\n'),
  )
  .map(
    ([{ year, month, day }, between, { hour, minute, second }, part, offset, blank]) =>
      `${year}-${blank}${month}-${day}${between}${hour}:${minute}:${blank}${second}${part}${offset}`,
  );

const dateOnly = date.map(({ year, month, day }) => `${year}-${two(month)}-${two(day)}`);
const midnight = date.map(
  ({ year, month, day }) => `${year}-${two(month)}-${two(Math.min(day, 28))}T24:00:00.000+01:00`,
);

/** A time in every form that libprelude takes, and those that are adapted for it. */
export const timeText = fc.oneof(
  { weight: 6, arbitrary: isoTime },
  { weight: 2, arbitrary: looseTime },
  { weight: 1, arbitrary: dateOnly },
  { weight: 1, arbitrary: midnight },
);

const hexadecimal = (value: number, upper: boolean): string =>
  upper ? value.toString(16).toUpperCase() : value.toString(16);

/** An NTPSTAMP from 1970 on. */
export const ntpstampText = fc
  .tuple(
    fc.integer({ min: 2208988800, max: 0xffffffff }),
    fc.oneof(fc.constantFrom(0, 0x80000000, 0xffffffff), fc.integer({ min: 0, max: 0xffffffff })),
    fc.constantFrom('0x', '', '0X'),
    fc.boolean(),
  )
  .map(
    ([seconds, part, mark, upper]) =>
      `${mark}${hexadecimal(seconds, upper)}.${mark}${hexadecimal(part, upper)}`,
  );

/** Base64, sometimes with white space in it. */
export const base64Text = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 24 }), fc.nat(20), space)
  .map(([bytes, place, gap]) => {
    const text = Buffer.from(bytes).toString('base64');
    return text.slice(0, place) + gap + text.slice(place);
  });

/** One of the texts, in any case. */
export function caseless(texts: readonly string[]): Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...texts), fc.constantFrom('same', 'same', 'upper', 'lower'))
    .map(([text, how]) =>
      how === 'upper' ? text.toUpperCase() : how === 'lower' ? text.toLowerCase() : text,
    );
}

const BY_TYPE: Readonly<Record<Exclude<ValueType, 'enum'>, Arbitrary<string>>> = {
  string: anyText,
  uint8: padded(integerText(0n, 255n)),
  uint16: padded(integerText(0n, 65535n)),
  uint32: padded(integerText(0n, 2n ** 32n - 1n)),
  int32: padded(integerText(-(2n ** 31n), 2n ** 31n - 1n)),
  uint64: padded(integerText(0n, 2n ** 64n - 1n)),
  float: padded(realText),
  time: padded(timeText),
  data: fc.oneof(base64Text, padded(anyText)),
};

/** A random text that is valid for the field. */
export function valueText(field: ValueField): Arbitrary<string> {
  if (field.type !== 'enum') return BY_TYPE[field.type];
  const texts = field.enumeration?.texts ?? [];
  // a file system that libprelude does not know is dropped
  return padded(caseless(field.name === 'fstype' ? [...texts, 'tmpfs', 'ext4'] : texts));
}
