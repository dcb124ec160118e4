/** The parser alone: events with their places, and faults with theirs, however the text is cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayError } from '../../src/errors.ts';
import { Parser } from '../../src/xml/parser.ts';

/** The document in pieces of that many characters. */
function* pieces(document: string, size: number): Generator<string> {
  for (let start = 0; start < document.length; start += size)
    yield document.slice(start, start + size);
}

/** One line for each event, or for the fault that ends them. */
function parse(document: string, size = document.length): string[] {
  const events: string[] = [];
  const parser = new Parser((locator) => {
    const put = (what: string): void => {
      const { line, column } = locator.place;
      const element = locator.elementPlace;
      events.push(`${line}:${column} (${element.line}:${element.column}) ${what}`);
    };
    return {
      open: ({ uri, prefix, local, attributes }) => {
        const list = attributes.map(
          (attribute) =>
            ` ${attribute.prefix}|${attribute.local}|${attribute.uri}=${JSON.stringify(attribute.value)}`,
        );
        put(`open ${prefix}|${local}|${uri}${list.join('')}`);
      },
      text: (text) => {
        put(`text ${JSON.stringify(text)}`);
      },
      instruction: (target, data) => {
        put(`instruction ${target} ${JSON.stringify(data)}`);
      },
      close: () => {
        put('close');
      },
    };
  });
  try {
    for (const piece of pieces(document, size)) parser.write(piece);
    parser.write(null);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    events.push(`${error.code} ${error.describe()}`);
  }
  return events;
}

const EVENTS: readonly [document: string, events: readonly string[]][] = [
  [
    '<?xml version="1.0"?>\r\n<!-- a\n --><a b="1"\n  c="&lt;\t"><?p q?>\n text<![CDATA[<x>]]> <d/></a>\n',
    [
      '3:5 (3:5) open |a| |b|="1" |c|="< "',
      '4:13 (3:5) instruction p "q"',
      '4:20 (3:5) text "\\n text"',
      '5:6 (3:5) text "<x>"',
      '5:21 (3:5) text " "',
      '5:22 (5:22) open |d|',
      '5:22 (5:22) close',
      '5:26 (3:5) close',
    ],
  ],
  [
    '<a xmlns="u" xmlns:p="v"><p:b p:c="1" d="2" xmlns:p="w"/><p:b/><b xmlns=""/><b/></a>',
    [
      '1:1 (1:1) open |a|u',
      '1:26 (1:26) open p|b|w p|c|w="1" |d|="2"',
      '1:26 (1:26) close',
      '1:58 (1:58) open p|b|v',
      '1:58 (1:58) close',
      '1:64 (1:64) open |b|',
      '1:64 (1:64) close',
      '1:77 (1:77) open |b|u',
      '1:77 (1:77) close',
      '1:81 (1:1) close',
    ],
  ],
  [
    `<!DOCTYPE a [<!ATTLIST a t NMTOKENS "" n (x|y) "x" d CDATA '&#65;&quot;
'>]><a t="  1   2 "/>`,
    ['2:5 (2:5) open |a| |t|="1 2" |n|="x" |d|="A\\" "', '2:5 (2:5) close'],
  ],
  [
    '<a hasOwnProperty="1" __proto__="2"/>',
    ['1:1 (1:1) open |a| |hasOwnProperty|="1" |__proto__|="2"', '1:1 (1:1) close'],
  ],
  [
    '<a>&#x1F600;&#10;\u{1F600}</a>',
    ['1:1 (1:1) open |a|', '1:4 (1:1) text "\u{1F600}\\n\u{1F600}"', '1:20 (1:1) close'],
  ],
  [
    `<a>&#${'0'.repeat(900)}65;</a>`,
    ['1:1 (1:1) open |a|', '1:4 (1:1) text "A"', '1:909 (1:1) close'],
  ],
];

for (const [document, events] of EVENTS)
  test(`events of ${JSON.stringify(document.slice(0, 60))}, however it is cut`, () => {
    for (const size of [document.length, 1, 2, 3, 7])
      assert.deepEqual(parse(document, size), events, `pieces of ${size}`);
  });

const FAULTS: readonly [document: string, fault: string][] = [
  ['', 'line 1, column 1: the document has no element'],
  [' \n ', 'line 2, column 2: the document has no element'],
  ['\n<a>\n<b>\n', 'line 4, column 1: <b> of line 3 is not closed'],
  ['<a>\n<b></a>', 'line 2, column 4: </a> where <b> of line 2 has to be closed'],
  ['<a/></a>', 'line 1, column 5: </a> without a start tag'],
  ['<a></ a>', 'line 1, column 7: a malformed end tag at "a"'],
  ['<a></>', 'line 1, column 4: </> where <a> of line 1 has to be closed'],
  ['<a></a b>', 'line 1, column 8: a malformed end tag at "b"'],
  ['<a>\n<b', 'line 2, column 1: the document ends inside a tag or section'],
  ['<a>\n<!-- ', 'line 2, column 1: the document ends inside a tag or section'],
  ['<a/>\n<b/>', 'line 2, column 1: <b> after the root element; send one document per request'],
  ['<a/>\n \r\n x y', 'line 3, column 2: text outside of the root element'],
  ['\n x\u0001<a/>', 'line 2, column 2: text outside of the root element'],
  ['<a/>&#65;', 'line 1, column 5: text outside of the root element'],
  ['<a/><![CDATA[]]>', 'line 1, column 5: a CDATA section outside of the root element'],
  ['\u{FEFF}<a/>', 'line 1, column 1: text outside of the root element'],
  ['<a>\n a & b</a>', 'line 2, column 4: "&" that begins no reference; write &amp; for it'],
  ['<a>\n a &', 'line 2, column 4: "&" that begins no reference; write &amp; for it'],
  ['<a b="x&y"/>', 'line 1, column 8: "&" that begins no reference; write &amp; for it'],
  ['<a>&\n;</a>', 'line 1, column 4: "&" that begins no reference; write &amp; for it'],
  ['<a>\n&nbsp;</a>', "line 2, column 1: the reference &nbsp; is not one of XML's own"],
  ['<a>&#0;</a>', 'line 1, column 4: the reference &#0; is to no character of XML'],
  [
    `<a>&#${'0'.repeat(1100)}65;</a>`,
    'line 1, column 4: "&" that begins no reference; write &amp; for it',
  ],
  ['<a>]]></a>', 'line 1, column 4: "]]>" in text; write ]]&gt; for it'],
  ['<a>\u0008</a>', 'line 1, column 4: the character U+0008 is not allowed in XML'],
  ['<a b="<"/>', 'line 1, column 7: "<" in an attribute value; write &lt; for it'],
  ['<a>\n1 < 2</a>', 'line 2, column 3: "<" does not begin a tag here; write &lt; for it'],
  ['<a b="1" b="2"/>', 'line 1, column 1: <a> has b twice'],
  [
    `<a ${Array.from({ length: 12 }, (_, index) => `a${index}=""`).join(' ')} a3=""/>`,
    'line 1, column 1: <a> has a3 twice',
  ],
  ['<a xmlns:p="u" xmlns:p="v"/>', 'line 1, column 1: <a> has xmlns:p twice'],
  [
    '<a xmlns:p="u" xmlns:q="u" p:b="" q:b=""/>',
    'line 1, column 1: <a> has b twice, by two prefixes',
  ],
  ['<a b/>', 'line 1, column 5: a malformed attribute at "/" in <a>'],
  ['<a b=1/>', 'line 1, column 6: an attribute value without quotes at "1" in <a>'],
  ['<a b="1"c="2"/>', 'line 1, column 9: no white space between attributes at "c" in <a>'],
  ['<a / >', 'line 1, column 1: "/" without ">" in <a>'],
  ['<a><!-- -- --></a>', 'line 1, column 9: "--" inside a comment'],
  [
    '<a><!ELEMENT b ANY></a>',
    'line 1, column 4: "<!" begins neither a comment nor a CDATA section nor a document type',
  ],
  ['<a><? b?></a>', 'line 1, column 4: "<?" does not begin a processing instruction'],
  ['<a><?b??></a>', 'line 1, column 4: "<?b" does not begin a processing instruction'],
  ['<a><?b:c d?></a>', 'line 1, column 4: "<?b:c" does not begin a processing instruction'],
  [
    ' <?xml version="1.0"?><a/>',
    'line 1, column 2: an XML declaration that is not at the very beginning',
  ],
  ['<?xml version="2.0"?><a/>', 'line 1, column 1: a malformed XML declaration'],
  [
    '<a/><!DOCTYPE a>',
    'line 1, column 5: a document type after the root element begins, or a second one',
  ],
  [
    '\n<!DOCTYPE a [<!ELEMENT]><a/>',
    'line 2, column 1: the document type declaration is malformed',
  ],
  [
    '<!DOCTYPE a [<!ATTLIST a b CDATA "&#0;">]><a/>',
    'line 1, column 1: the reference &#0; is to no character of XML',
  ],
  ['<a:b:c xmlns:a="u"/>', 'line 1, column 1: a:b:c is not a name, or a prefix, ":" and a name'],
  ['<a:1 xmlns:a="u"/>', 'line 1, column 1: a:1 is not a name, or a prefix, ":" and a name'],
  [
    '<a><b p:c=""/></a>',
    'line 1, column 4: the prefix p: is not declared; add xmlns:p="…" to the root element',
  ],
  [
    '<a><b xmlns:p="u"/><p:c/></a>',
    'line 1, column 20: the prefix p: is not declared; add xmlns:p="…" to the root element',
  ],
];

for (const [document, wanted] of FAULTS)
  test(`the fault of ${JSON.stringify(document.slice(0, 40))}, however it is cut`, () => {
    for (const size of [document.length || 1, 1, 2, 3, 7])
      assert.equal(parse(document, size).at(-1), `malformed-xml ${wanted}`, `pieces of ${size}`);
  });
