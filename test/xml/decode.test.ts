/** Bytes to text by RFC 7303: mark, charset, declaration, UTF-8; strictly, however they are cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GatewayError } from '../../src/errors.ts';
import { Decoder } from '../../src/xml/decode.ts';
import { inPieces, refusal } from '../idmef/reading.ts';

interface Decoded {
  readonly text: string;
  readonly failure: GatewayError | undefined;
}

function decode(pieces: Iterable<Buffer>, charset?: string): Decoded {
  const decoder = new Decoder(charset);
  let text = '';
  for (const piece of pieces) text += decoder.write(piece);
  text += decoder.end();
  return { text, failure: decoder.failure };
}

/** The text, which has to be the same whole and in pieces of one, two and three bytes. */
function textOf(bytes: Buffer, charset?: string): string {
  const { text, failure } = decode([bytes], charset);
  assert.equal(failure, undefined);
  for (const size of [1, 2, 3])
    assert.deepEqual(decode(inPieces(bytes, size), charset), { text, failure });
  return text;
}

const utf16le = (text: string): Buffer => Buffer.from(text, 'utf16le');
const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const declared = (label: string, text = '<é/>'): string =>
  `<?xml version="1.0" encoding="${label}"?>${text}`;

const READ: readonly [promise: string, bytes: Buffer, charset: string | undefined, text: string][] =
  [
    ['without anything it is UTF-8', Buffer.from('<é漢😀/>'), undefined, '<é漢😀/>'],
    ['a mark is dropped', Buffer.from('\ufeff<é/>'), undefined, '<é/>'],
    ['only one mark is dropped', Buffer.from('\ufeff\ufeff<é/>'), undefined, '\ufeff<é/>'],
    [
      'the mark of UTF-8 counts more than the charset',
      Buffer.from('\ufeff<é/>'),
      'iso-8859-1',
      '<é/>',
    ],
    [
      'the mark of UTF-8 counts more than the declaration',
      Buffer.from(`\ufeff${declared('iso-8859-1')}`),
      undefined,
      declared('iso-8859-1'),
    ],
    ['the mark of UTF-16LE counts more than the charset', utf16le('\ufeff<é/>'), 'utf-8', '<é/>'],
    [
      'the mark of UTF-16BE counts more than the charset',
      utf16be('\ufeff<é/>'),
      'utf-16le',
      '<é/>',
    ],
    [
      'the mark of UTF-16LE counts more than the declaration',
      utf16le(`\ufeff${declared('utf-8')}`),
      undefined,
      declared('utf-8'),
    ],
    [
      'the charset counts more than the declaration',
      latin1(declared('utf-8')),
      'iso-8859-1',
      declared('utf-8'),
    ],
    ['the charset counts more than UTF-8', latin1('<é/>'), 'ISO-8859-1', '<é/>'],
    [
      'the charset utf-8 counts more than the declaration',
      Buffer.from(declared('iso-8859-1')),
      'utf-8',
      declared('iso-8859-1'),
    ],
    [
      'the declaration counts more than UTF-8',
      latin1(declared('ISO-8859-1')),
      undefined,
      declared('ISO-8859-1'),
    ],
    [
      'a declaration may have any quotes and white space',
      latin1("<?xml\tversion='1.0'\nencoding = 'latin1' ?><é/>"),
      undefined,
      "<?xml\tversion='1.0'\nencoding = 'latin1' ?><é/>",
    ],
    [
      'what looks like a declaration behind the declaration does not count',
      Buffer.from('<?xml version="1.0"?><!-- encoding="iso-8859-1" --><é/>'),
      undefined,
      '<?xml version="1.0"?><!-- encoding="iso-8859-1" --><é/>',
    ],
    [
      'Latin-1 is Latin-1 and not windows-1252',
      latin1(declared('ISO-8859-1', '\u0080\u009f')),
      undefined,
      declared('ISO-8859-1', '\u0080\u009f'),
    ],
    [
      'windows-1252 is windows-1252',
      latin1(declared('windows-1252', '\u0080')),
      undefined,
      declared('windows-1252', '€'),
    ],
    [
      'ISO-8859-15 by declaration',
      latin1(declared('ISO-8859-15', '\u00a4')),
      undefined,
      declared('ISO-8859-15', '€'),
    ],
    ['US-ASCII by charset', Buffer.from('<e/>'), 'us-ascii', '<e/>'],
    ['Shift_JIS by charset', Buffer.from([0x3c, 0x8a, 0xbf, 0x2f, 0x3e]), 'shift_jis', '<漢/>'],
    ['the charset utf-16 without a mark is big-endian', utf16be('é<é/>'), 'utf-16', 'é<é/>'],
    [
      'the charset utf-16 without a mark is little-endian if it begins so',
      utf16le('<é/>'),
      'UTF-16',
      '<é/>',
    ],
    ['UTF-16LE shows in the first character', utf16le('<é/>'), undefined, '<é/>'],
    ['UTF-16BE shows in the first character', utf16be('<é/>'), undefined, '<é/>'],
    [
      'UTF-16 with a declaration and without a mark',
      utf16be(declared('UTF-16')),
      undefined,
      declared('UTF-16'),
    ],
    ['fewer than four bytes', Buffer.from('<a>'), undefined, '<a>'],
    [
      'a declared encoding that is not closed does not count',
      Buffer.from('<?xml version="1.0" encoding="latin1?><é a="b"/>'),
      undefined,
      '<?xml version="1.0" encoding="latin1?><é a="b"/>',
    ],
    ['nothing', Buffer.alloc(0), undefined, ''],
    [
      'a declaration that does not end within a kilobyte',
      Buffer.from(`<?xml ${' '.repeat(2000)}?><é/>`),
      undefined,
      `<?xml ${' '.repeat(2000)}?><é/>`,
    ],
  ];

for (const [promise, bytes, charset, text] of READ)
  test(promise, () => {
    assert.equal(textOf(bytes, charset), text);
  });

const REFUSED: readonly [
  promise: string,
  bytes: Buffer,
  charset: string | undefined,
  code: string,
][] = [
  [
    'an unknown charset is an unsupported media type',
    Buffer.from('<a/>'),
    'x-unheard-of',
    'unsupported-media-type',
  ],
  [
    'an empty charset is an unsupported media type',
    Buffer.from('<a/>'),
    '',
    'unsupported-media-type',
  ],
  [
    'an unknown declared encoding is malformed',
    Buffer.from(declared('x-unheard-of')),
    undefined,
    'malformed-xml',
  ],
  [
    'a document that declares UTF-16 and is not',
    Buffer.from(declared('UTF-16')),
    undefined,
    'malformed-xml',
  ],
];

for (const [promise, bytes, charset, code] of REFUSED)
  test(promise, () => {
    for (const pieces of [[bytes], inPieces(bytes, 1)])
      assert.throws(
        () => decode(pieces, charset),
        (error) => error instanceof GatewayError && error.code === code,
      );
  });

const INVALID: readonly [
  promise: string,
  bytes: Buffer,
  charset: string | undefined,
  before: string,
][] = [
  ['a continuation byte alone', latin1('ab\x80cd'), undefined, 'ab'],
  ['a character that is cut off by another', latin1('ab\xe6\xbccd'), undefined, 'ab'],
  ['an overlong character', latin1('ab\xc0\xafcd'), undefined, 'ab'],
  ['an encoded surrogate', latin1('ab\xed\xa0\x80cd'), undefined, 'ab'],
  ['beyond U+10FFFF', latin1('ab\xf4\x90\x80\x80cd'), undefined, 'ab'],
  [
    'behind characters of many bytes',
    Buffer.concat([Buffer.from('é漢😀'), latin1('\xff')]),
    undefined,
    'é漢😀',
  ],
  ['behind a mark', latin1('\xef\xbb\xbfab\xff'), undefined, 'ab'],
  [
    'behind a mark inside the text',
    Buffer.concat([Buffer.from('ab\ufeffc'), latin1('\xff')]),
    undefined,
    'ab\ufeffc',
  ],
  [
    'behind a mark that begins a piece',
    Buffer.concat([Buffer.from('abcdef\ufeffc'), latin1('\xff')]),
    undefined,
    'abcdef\ufeffc',
  ],
  ['a character that is cut off at the end', latin1('abc\xf0\x9f\x98'), undefined, 'abc'],
  ['half a surrogate pair in UTF-16', utf16le('\ufeffab\ud800c'), undefined, 'ab'],
  ['the second half of a surrogate pair in UTF-16', utf16be('\ufeffab\udc00c'), undefined, 'ab'],
  ['half a surrogate pair behind a whole one', utf16le('\ufeffa😀\ud83d\ud83dc'), undefined, 'a😀'],
  ['an odd byte at the end of UTF-16', utf16le('\ufeffabc').subarray(0, -1), undefined, 'ab'],
  ['a byte above 7F in US-ASCII', latin1('abcd\xe9f'), 'us-ascii', 'abcd'],
];

for (const [promise, bytes, charset, before] of INVALID)
  test(`invalid: ${promise}: the text before it is given, however it is cut`, () => {
    for (const size of [bytes.length, 1, 2, 3, 5, 6]) {
      const { text, failure } = decode(inPieces(bytes, size), charset);
      assert.equal(text, before, `pieces of ${size}`);
      assert.equal(failure?.code, 'malformed-xml');
    }
  });

test('the place of an invalid byte is counted in the document as it was sent', () => {
  const document = Buffer.concat([Buffer.from('<a>\r\n<b/>é漢😀'), Buffer.from([0xff])]);
  for (const size of [document.length, 1, 4]) {
    const error = refusal({
      pieces: inPieces(
        Buffer.concat([Buffer.from('<IDMEF-Message>\r\n<x:y xmlns:x="u">'), document]),
        size,
      ),
    });
    // an emoji is two UTF-16 units
    assert.deepEqual(error?.position, { line: 3, column: 9 }, `pieces of ${size}`);
  }
});

/** The text that TextDecoder gives before the first invalid byte, and whether there is one. */
function referenceUtf8(bytes: Buffer): { text: string; valid: boolean } {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  try {
    for (const byte of bytes) text += decoder.decode(Buffer.of(byte), { stream: true });
    return { text: text + decoder.decode(), valid: true };
  } catch {
    return { text, valid: false };
  }
}

test('UTF-8 is what TextDecoder takes for it, however it is cut', () => {
  // lead bytes, continuations and their limits, and bytes that are never there
  const bytes = [
    0x41, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbb, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed,
    0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff,
  ];
  let valid = 0;
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...bytes), { maxLength: 9 }),
      fc.integer({ min: 1, max: 12 }),
      (content, size) => {
        const document = Buffer.from([...Buffer.from('<a>b'), ...content]);
        const expected = referenceUtf8(document);
        const { text, failure } = decode(inPieces(document, size));
        assert.deepEqual({ text, valid: failure === undefined }, expected);
        if (expected.valid) valid++;
      },
    ),
    { numRuns: 20_000 },
  );
  assert.ok(valid > 500, `${valid} were valid`);
});
