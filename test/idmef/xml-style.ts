/** Writes a document as text and bytes, in one of the countless ways that mean the same. */
import { Random } from './random.ts';
import type { XmlAttribute, XmlElement, XmlNode } from './xml-tree.ts';

const NAMESPACES = ['http://iana.org/idmef', 'urn:iana:xml:ns:idmef'] as const;
const PREFIXES = ['idmef', 'i', 'x', 'IDMEF-1.0_é'] as const;
const ENCODINGS = [
  'utf-8',
  'utf-8',
  'utf-8-mark',
  'utf-16le',
  'utf-16be',
  'latin1',
  'ascii',
] as const;
type Encoding = (typeof ENCODINGS)[number];

const DOCTYPES = [
  '<!DOCTYPE IDMEF-Message>',
  '<!DOCTYPE x:y SYSTEM "idmef-message.dtd">',
  "<!DOCTYPE IDMEF-Message PUBLIC '-//IETF//DTD RFC XXXX IDMEF v1.0//EN' 'idmef-message.dtd' >",
  `<!DOCTYPE IDMEF-Message [
  <!-- ]> -->
  <!ELEMENT IDMEF-Message (Alert | Heartbeat)*>
  <!ATTLIST q  d CDATA "it's &lt; &#38;">
  <!ATTLIST Target  ident CDATA 'by default' decoy (unknown|yes|no) 'yes' >
  <?target ]> ?>
  <!NOTATION n PUBLIC "p">
]>`,
] as const;

const FOREIGN = [
  '<f:x xmlns:f="urn:f"/>',
  '<f:x xmlns:f="urn:f" ident="1"><Alert>text</Alert><f:y/></f:x>',
  '<Alert xmlns="urn:f"><Source/></Alert>',
] as const;

/** What the writer has decided for the whole document. */
interface Names {
  /** declarations on the root element */
  readonly declarations: readonly XmlAttribute[];
  /** prefixes for elements, with the colon */
  readonly elements: readonly [string, ...string[]];
  /** prefixes for attributes, with the colon */
  readonly attributes: readonly [string, ...string[]];
}

function chooseNames(random: Random): Names {
  const namespace = random.pick(NAMESPACES);
  const prefix = random.pick(PREFIXES);
  const prefixed: XmlAttribute = [`xmlns:${prefix}`, namespace];
  switch (random.below(4)) {
    case 0:
      return { declarations: [], elements: [''], attributes: [''] };
    case 1:
      return { declarations: [['xmlns', namespace]], elements: [''], attributes: [''] };
    case 2:
      return { declarations: [prefixed], elements: [`${prefix}:`], attributes: ['', `${prefix}:`] };
    default:
      return {
        declarations: [['xmlns', random.pick(NAMESPACES)], prefixed, ['xmlns:u', NAMESPACES[1]]],
        elements: ['', `${prefix}:`, 'u:'],
        attributes: ['', '', `${prefix}:`, 'u:'],
      };
  }
}

const HIGHEST: Readonly<Record<Encoding, number>> = {
  'utf-8': 0x10ffff,
  'utf-8-mark': 0x10ffff,
  'utf-16le': 0x10ffff,
  'utf-16be': 0x10ffff,
  latin1: 0xff,
  ascii: 0x7f,
};

const LABELS: Readonly<Record<Encoding, readonly [string, ...string[]]>> = {
  'utf-8': ['utf-8', 'UTF-8'],
  'utf-8-mark': ['UTF-8'],
  'utf-16le': ['UTF-16', 'utf-16'],
  'utf-16be': ['UTF-16', 'utf-16'],
  latin1: ['ISO-8859-1', 'iso-8859-1'],
  ascii: ['US-ASCII', 'us-ascii'],
};

function encode(text: string, encoding: Encoding): Buffer {
  switch (encoding) {
    case 'utf-8':
      return Buffer.from(text);
    case 'utf-8-mark':
      return Buffer.from(`\ufeff${text}`);
    case 'utf-16le':
      return Buffer.from(`\ufeff${text}`, 'utf16le');
    case 'utf-16be':
      return Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
    case 'latin1':
    case 'ascii':
      return Buffer.from(text, 'latin1');
  }
}

const NAMED: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  "'": '&apos;',
};

class StyledWriter {
  readonly #random: Random;
  readonly #names: Names;
  readonly #highest: number;

  constructor(random: Random, names: Names, highest: number) {
    this.#random = random;
    this.#names = names;
    this.#highest = highest;
  }

  element(element: XmlElement, isRoot = false): string {
    const random = this.#random;
    const own = element.kind === 'idmef';
    const name = own ? random.pick(this.#names.elements) + element.name : element.name;
    const named = own
      ? element.attributes.map(([local, value]): XmlAttribute => [
          (random.oneIn(8) ? random.pick(this.#names.attributes) : '') + local,
          value,
        ])
      : element.attributes;
    const all = [...named, ...(isRoot ? this.#names.declarations : []), ...this.#strange(own)];
    const tag =
      name +
      random
        .shuffle(all)
        .map((one) => this.#attribute(one))
        .join('');
    const content = element.loose
      ? this.#loose(element.children)
      : element.children.map((child) => this.#node(child)).join('');
    if (content === '' && random.oneIn(2)) return `<${tag}${this.#maybeSpace()}/>`;
    return `<${tag}${this.#maybeSpace()}>${content}</${name}${this.#maybeSpace()}>`;
  }

  /** What may stand between elements. */
  filling(): string {
    const random = this.#random;
    const parts = [this.#space(), this.#space()];
    if (random.oneIn(8)) parts.push(this.#aside());
    return parts.join('');
  }

  #space(): string {
    return this.#random.pick(['', '\n', '\n    ', '\t', ' ']);
  }

  #maybeSpace(): string {
    return this.#random.oneIn(6) ? this.#random.pick([' ', '\n', '\t ', '\n\n']) : '';
  }

  /** Attributes that do not belong to IDMEF. */
  #strange(own: boolean): XmlAttribute[] {
    if (!own || !this.#random.oneIn(20)) return [];
    return this.#random.oneIn(2)
      ? [['xml:lang', 'en']]
      : [
          ['xmlns:strange', 'urn:strange'],
          ['strange:ident', '1'],
        ];
  }

  #attribute([name, value]: XmlAttribute): string {
    const random = this.#random;
    const mark = random.pick(['"', '"', "'"]);
    const before = random.pick([' ', ' ', ' ', '\n', ' \t']);
    const equals = `${this.#maybeSpace()}=${this.#maybeSpace()}`;
    const characters = Array.from(value, (character) => {
      const must = '<&\r'.includes(character) || character === mark;
      return must || this.#isHigh(character) || random.oneIn(20)
        ? this.#reference(character)
        : character;
    });
    return `${before}${name}${equals}${mark}${characters.join('')}${mark}`;
  }

  #isHigh(character: string): boolean {
    return (character.codePointAt(0) ?? 0) > this.#highest;
  }

  #reference(character: string): string {
    const random = this.#random;
    const code = character.codePointAt(0) ?? 0;
    const named = NAMED[character];
    if (named !== undefined && !random.oneIn(3)) return named;
    const zeros = random.pick(['', '', '0', '000']);
    const hexadecimal = code.toString(16);
    return random.pick([
      `&#${zeros}${code};`,
      `&#x${zeros}${hexadecimal};`,
      `&#x${zeros}${hexadecimal.toUpperCase()};`,
    ]);
  }

  #node(node: XmlNode): string {
    return typeof node === 'string' ? this.#text(node) : this.element(node);
  }

  #loose(children: readonly XmlNode[]): string {
    const parts = this.#random
      .shuffle(children)
      .map((child) => this.filling() + this.#maybeForeign() + this.#node(child));
    return parts.join('') + (this.#random.oneIn(2) ? this.filling() : '');
  }

  #maybeForeign(): string {
    return this.#random.oneIn(30) ? this.#random.pick(FOREIGN) : '';
  }

  #aside(): string {
    return this.#random.pick(['<!-- &amp; <a> - -> ]]> -->', '<!---->', '<?a?>', '<?a-b  c ?d>?>']);
  }

  #text(text: string): string {
    const random = this.#random;
    const characters = Array.from(text);
    let out = '';
    while (characters.length > 0) {
      const part = characters.splice(0, 1 + random.below(12));
      out += random.oneIn(6) ? this.#cdata(part) : this.#plain(part, out);
      if (random.oneIn(15)) out += this.#aside();
    }
    return out;
  }

  #cdata(part: readonly string[]): string {
    const text = part.join('');
    if (text.includes(']]>') || part.some((one) => one === '\r' || this.#isHigh(one)))
      return this.#plain(part, ']]');
    return `<![CDATA[${text}]]>`;
  }

  #plain(part: readonly string[], before: string): string {
    let out = '';
    for (const character of part) {
      const must =
        '<&\r'.includes(character) || (character === '>' && (before + out).endsWith(']]'));
      out +=
        must || this.#isHigh(character) || this.#random.oneIn(15)
          ? this.#reference(character)
          : character;
    }
    return out;
  }
}

function declaration(random: Random, encoding: Encoding): string {
  const mark = random.pick(['"', "'"]);
  const needed = encoding === 'latin1' || encoding === 'ascii';
  if (!needed && random.oneIn(2)) return '';
  const label =
    needed || random.oneIn(2) ? ` encoding = ${mark}${random.pick(LABELS[encoding])}${mark}` : '';
  const standalone = random.oneIn(4) ? `\n standalone=${mark}yes${mark}` : '';
  return `<?xml version=${mark}1.0${mark}${label}${standalone}?>`;
}

/** The document's bytes, in the style of the seed. */
export function writeXml(root: XmlElement, seed: number): Buffer {
  const random = new Random(seed);
  const wanted = random.pick(ENCODINGS);
  const writer = new StyledWriter(random, chooseNames(random), HIGHEST[wanted]);
  const doctype = random.oneIn(6) ? random.pick(DOCTYPES) + writer.filling() : '';
  const body = `${writer.filling()}${doctype}${writer.element(root, true)}${writer.filling()}`;
  // names cannot be written as references
  const encoding = wanted === 'ascii' && /[^\0-\x7f]/.test(body) ? 'latin1' : wanted;
  const text = declaration(random, encoding) + body;
  return encode(text.replaceAll('\n', random.pick(['\n', '\n', '\r\n', '\r'])), encoding);
}
