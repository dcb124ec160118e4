/**
 * Bytes to text, strictly, by RFC 7303: the byte order mark decides, else the charset parameter of
 * the content type, else the XML declaration, else it is UTF-8.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { GatewayError, quote } from '../errors.ts';

const XML_DECLARATION = Buffer.from('<?xml');
const DECLARATION = /^<\?xml[ \t\r\n][^>]*?[ \t\r\n]encoding[ \t\r\n]*=[ \t\r\n]*["']([^"']*)["']/;
/** As far as an XML declaration is looked for. */
const DECLARATION_LIMIT = 1024;
/** bytes of the longest character, less one, in any encoding */
const TAIL = 3;
const NOTHING = Buffer.alloc(0);
const UTF8_MARK = Buffer.of(0xef, 0xbb, 0xbf);

/** Labels that TextDecoder reads as windows-1252, which XML and MIME mean literally. */
const LATIN1 =
  /^(?:(?:cs)?iso-?(?:_)?8859-?1|iso_8859-1:1987|iso-ir-100|latin-?1|l1|cp819|ibm819)$/;
const ASCII = /^(?:us-ascii|ascii|ansi_x3\.4-196[68]|iso646-us|iso-ir-6|us)$/;
const UTF8 = /^utf-?8$/;
const UTF16 = /^(?:utf-?16|csutf16|iso-10646-ucs-2|ucs-2)$/;

interface TextSource {
  /** @throws TypeError for bytes that are invalid; all of them may have been before */
  decode(bytes: Buffer, options: { stream: boolean }): string;
}

const latin1: TextSource = {
  decode: (bytes) => bytes.toString('latin1'),
};

const ascii: TextSource = {
  decode: (bytes) => {
    if (!isAscii(bytes)) throw new TypeError('a byte above 0x7F');
    return bytes.toString('latin1');
  },
};

/** How many bytes the character takes that begins with this one; 0 if none does (RFC 3629, 4). */
function sizeInUtf8(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** Where a character begins that the bytes do not end; their length if there is none. */
function unfinishedInUtf8(bytes: Buffer): number {
  const { length } = bytes;
  for (let at = length - 1; at >= 0 && at >= length - TAIL; at--)
    if (sizeInUtf8(bytes[at] ?? 0) > length - at) return at;
  return length;
}

/** What nearly all documents are in: TextDecoder would need a converter for each of them. */
class Utf8 implements TextSource {
  #atBeginning: boolean;
  /** the beginning of a character whose rest has not come */
  #kept: Buffer = NOTHING;

  constructor(atBeginning: boolean) {
    this.#atBeginning = atBeginning;
  }

  decode(bytes: Buffer, { stream }: { stream: boolean }): string {
    const all = this.#kept.length === 0 ? bytes : Buffer.concat([this.#kept, bytes]);
    const length = stream ? unfinishedInUtf8(all) : all.length;
    const whole = length === all.length ? all : all.subarray(0, length);
    this.#kept = length === all.length ? NOTHING : all.subarray(length);
    if (whole.length === 0) return '';
    const begins = this.#atBeginning;
    this.#atBeginning = false;
    if (isAscii(whole)) return whole.toString('latin1');
    if (!isUtf8(whole)) throw new TypeError('not UTF-8');
    const marked = begins && whole.subarray(0, UTF8_MARK.length).equals(UTF8_MARK);
    return whole.toString('utf8', marked ? UTF8_MARK.length : 0);
  }
}

interface Encoding {
  /** characters begin at multiples of so many bytes */
  readonly unit: 1 | 2;
  /** Makes a decoder; at the beginning of a document it drops the byte order mark. */
  open(atBeginning: boolean): TextSource;
}

const constant = (source: TextSource): Encoding => ({ unit: 1, open: () => source });

const utf8: Encoding = { unit: 1, open: (atBeginning) => new Utf8(atBeginning) };

/** @throws RangeError if the label is not known */
function textDecoder(label: string): Encoding {
  if (UTF8.test(label)) return utf8;
  const { encoding } = new TextDecoder(label);
  if (encoding === 'utf-8') return utf8; // by another of its names
  return {
    unit: encoding.startsWith('utf-16') ? 2 : 1,
    open: (atBeginning) => new TextDecoder(label, { fatal: true, ignoreBOM: !atBeginning }),
  };
}

function malformed(message: string): GatewayError {
  return new GatewayError('malformed-xml', message, { position: { line: 1, column: 1 } });
}

/** The encoding that a label names. @throws the given error if nothing here knows it */
function named(label: string, start: Buffer, unknown: () => GatewayError): Encoding {
  const name = label.trim().toLowerCase();
  if (LATIN1.test(name)) return constant(latin1);
  if (ASCII.test(name)) return constant(ascii);
  // without a byte order mark: as the first "<" shows, else big-endian (RFC 2781, 4.3)
  if (UTF16.test(name)) return textDecoder(start[0] === 0x3c ? 'utf-16le' : 'utf-16be');
  try {
    return textDecoder(name);
  } catch {
    throw unknown();
  }
}

function byMark(start: Buffer): string | undefined {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return 'utf-8';
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  return undefined;
}

/** UTF-16 without a mark and a charset shows in the first characters (XML 1.0, F.1). */
function byFirstCharacters(start: Buffer): string | undefined {
  if (start[0] === 0x3c && start[1] === 0) return 'utf-16le';
  if (start[0] === 0 && start[1] === 0x3c) return 'utf-16be';
  return undefined;
}

/** The encoding that the XML declaration names, if there is a declaration. */
function declared(start: Buffer): string | undefined {
  if (!start.subarray(0, XML_DECLARATION.length).equals(XML_DECLARATION)) return undefined;
  // nothing after it may count: it has come or not as the bytes were cut
  const end = start.indexOf('?>');
  const length = end < 0 ? DECLARATION_LIMIT : Math.min(end, DECLARATION_LIMIT);
  return DECLARATION.exec(start.toString('latin1', 0, length))?.[1];
}

/** Nothing can be said of these first bytes yet. */
function undecided(start: Buffer): boolean {
  if (start.length < 4) return true;
  return (
    start.length < DECLARATION_LIMIT &&
    start[1] === 0x3f &&
    start.toString('latin1', 0, 5) === '<?xml'.slice(0, start.length) &&
    !start.includes('?>')
  );
}

export class Decoder {
  readonly #charset: string | undefined;
  /** the first bytes, while the encoding is not known */
  #start: Buffer = NOTHING;
  #encoding: Encoding | undefined;
  #source: TextSource | undefined;
  /** the last bytes that were decoded: a character may have begun in them */
  #tail: Buffer = NOTHING;
  /** how many bytes have been decoded */
  #count = 0;
  #failure: GatewayError | undefined;

  /** @param charset the parameter of the content type, if there is one */
  constructor(charset: string | undefined) {
    this.#charset = charset;
  }

  /** What is wrong behind the text that has been given; nothing more comes then. No place. */
  get failure(): GatewayError | undefined {
    return this.#failure;
  }

  /**
   * The text of the next bytes; what is cut off at their end comes with the next. At invalid bytes
   * it stops and sets `failure`.
   * @throws GatewayError malformed-xml for an encoding that the document declares and nobody knows,
   *   unsupported-media-type for such a charset
   */
  write(bytes: Buffer): string {
    if (this.#source !== undefined) return this.#decode(this.#source, bytes, true);
    const start = this.#start.length === 0 ? bytes : Buffer.concat([this.#start, bytes]);
    if (!undecided(start)) return this.#begin(start, true);
    this.#start = start;
    return '';
  }

  /** The rest of the text. As write does, also if a character is cut off. */
  end(): string {
    if (this.#source !== undefined) return this.#decode(this.#source, NOTHING, false);
    return this.#begin(this.#start, false);
  }

  #begin(start: Buffer, stream: boolean): string {
    this.#start = NOTHING;
    this.#encoding = this.#choose(start);
    this.#source = this.#encoding.open(true);
    return this.#decode(this.#source, start, stream);
  }

  #choose(start: Buffer): Encoding {
    const mark = byMark(start);
    if (mark !== undefined) return textDecoder(mark);
    if (this.#charset !== undefined) {
      const charset = this.#charset;
      return named(
        charset,
        start,
        () =>
          new GatewayError('unsupported-media-type', `the charset ${quote(charset)} is not known`),
      );
    }
    const first = byFirstCharacters(start);
    if (first !== undefined) return textDecoder(first);
    const label = declared(start);
    if (label === undefined) return utf8;
    if (UTF16.test(label.toLowerCase()))
      throw malformed(`the document declares ${label} but is not encoded in it`);
    return named(label, start, () =>
      malformed(`the declared encoding ${quote(label)} is not known`),
    );
  }

  #decode(source: TextSource, bytes: Buffer, stream: boolean): string {
    if (this.#failure !== undefined) return '';
    try {
      const text = source.decode(bytes, { stream });
      this.#tail =
        bytes.length >= TAIL
          ? bytes.subarray(-TAIL)
          : Buffer.concat([this.#tail, bytes]).subarray(-TAIL);
      this.#count += bytes.length;
      return text;
    } catch (cause) {
      this.#failure = new GatewayError(
        'malformed-xml',
        'a byte that is invalid in the encoding of the document (UTF-8 if it declares none)',
        { cause },
      );
      return this.#encoding === undefined ? '' : this.#validPart(this.#encoding, bytes);
    }
  }

  /** The text before the invalid byte, found byte by byte. */
  #validPart(encoding: Encoding, bytes: Buffer): string {
    const source = encoding.open(this.#count === 0);
    let text = '';
    try {
      source.decode(this.#unfinished(encoding), { stream: true });
      for (const byte of bytes) text += source.decode(Buffer.of(byte), { stream: true });
    } catch {
      // here it is
    }
    return text;
  }

  /** The end of the tail that is the beginning of a character. */
  #unfinished(encoding: Encoding): Buffer {
    for (let length = this.#tail.length; length > 0; length--) {
      if ((this.#count - length) % encoding.unit !== 0) continue;
      const end = this.#tail.subarray(-length);
      try {
        if (encoding.open(this.#count === length).decode(end, { stream: true }) === '') return end;
      } catch {
        // not there
      }
    }
    return NOTHING;
  }
}
