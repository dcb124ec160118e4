/** What is said of a document that is not valid. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  alert,
  ANALYZER,
  CLASSIFICATION,
  message,
  root,
  said,
  TIME,
  violations,
} from './reading.ts';

const source = (inside: string, attributes = ''): string =>
  alert(`<Source${attributes}>${inside}</Source>`);
const NODE = '<Node><name>n</name></Node>';
const DRAFT = '<IDMEF-Message xmlns="urn:iana:xml:ns:idmef">';

/** A promise, a document, and what is said of it. */
const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ['nothing is said of a valid document', source(NODE), ['']],
  [
    'an unknown element is named, with those that were possible, and not what it holds',
    alert('<Foo bar="1"><Bar/></Foo>'),
    [
      '1: Alert/Foo: <Foo> is not allowed here; expected <DetectTime>, <AnalyzerTime>, <Source>, <Target> or <Classification>',
    ],
  ],
  [
    'an element that belongs elsewhere is named, and not what is wrong in it',
    alert('', '<Node ident="1"/>'),
    [
      '1: Alert/Node: <Node> is not allowed here; expected <Assessment>, <ToolAlert>, <OverflowAlert>, <CorrelationAlert> or <AdditionalData>',
    ],
  ],
  [
    'an element in one that holds text only is named',
    source('<Node><name>a<b/></name></Node>'),
    ['1: Alert/Source/Node/name/b: <b> is not allowed here; its parent holds text only'],
  ],
  [
    'white space, a comment or text in an element that is declared EMPTY is named',
    alert(
      `<Target><File category="current"><name>n</name><path>p</path><FileAccess><UserId><number>0</number></UserId>` +
        ['', ' ', '<!-- -->', '<?a?>', 'x', '<a/>', '<![CDATA[]]>']
          .map((inside) => `\n<Permission perms="read">${inside}</Permission>`)
          .join('') +
        `</FileAccess></File></Target>`,
    ),
    [3, 4, 5, 6, 7, 8].map(
      (line) =>
        `${line}: Alert/Target/File/FileAccess/Permission[${line - 1}]: it has to be empty, even of white space`,
    ),
  ],
  [
    'an element after the last one is named',
    source('<Node><Address><address>a</address><netmask>m</netmask><more/></Address></Node>'),
    ['1: Alert/Source/Node/Address/more: <more> is not allowed here; nothing more may come here'],
  ],
  [
    'an element that IDMEF does not have is named where it may have any',
    alert('', '<AdditionalData><xmltext><html><b/></html></xmltext></AdditionalData>'),
    ['1: Alert/AdditionalData/xmltext/html: <html> is not an element of IDMEF'],
  ],
  [
    'missing elements are named at the end of their parent',
    message(ANALYZER),
    ['1: Alert: <CreateTime> is missing', '1: Alert: <Classification> is missing'],
  ],
  [
    'a missing element is named with the one that it has to come before',
    message(`${TIME}${CLASSIFICATION}`),
    ['1: Alert/CreateTime: <Analyzer> is missing before <CreateTime>'],
  ],
  [
    'missing elements of which one is enough are named together',
    source('<Service/>'),
    ['1: Alert/Source/Service: <name>, <port> or <portlist> is missing'],
  ],
  [
    'part of an optional group does without the rest of it nowhere',
    alert(
      '<Target><File category="current"><name>n</name><path>p</path><Inode><minor-device>1</minor-device></Inode></File></Target>',
    ),
    [
      '1: Alert/Target/File/Inode/minor-device: <minor-device> is not allowed here; expected <change-time>, <number> or <c-major-device>',
    ],
  ],
  [
    'a second element is named where there may be one',
    source(`${NODE}${NODE}`),
    [
      '1: Alert/Source/Node[2]: <Node> is not allowed here; expected <User>, <Process> or <Service>',
    ],
  ],
  [
    'an element that comes too late is named with the one that it has to come before',
    alert('', '<Source/>'),
    ['1: Alert/Source: <Source> has to come before <Classification>'],
  ],
  [
    'an element that is required and comes too late is not called missing',
    message(`${ANALYZER}${TIME}<Assessment/>${CLASSIFICATION}`),
    ['1: Alert/Classification: <Classification> has to come before <Assessment>'],
  ],
  [
    'two elements of which there may be only one are named',
    alert(
      '',
      '<OverflowAlert><program>p</program></OverflowAlert><ToolAlert><name>n</name><alertident>1</alertident></ToolAlert>',
    ),
    ['1: Alert/ToolAlert: <ToolAlert> is not allowed here; expected <AdditionalData>'],
  ],
  [
    'an element in the wrong case is taken for the one that it means',
    source('<node><Name>n</Name></node>'),
    ['1: Alert/Source/node: <node> has to be written <Node>'],
  ],
  [
    'an element of another namespace is named with it, and not what it holds',
    alert('<x:Foo xmlns:x="urn:x"><x:Source/>text</x:Foo><Target xmlns=""/>'),
    [
      '1: Alert/Foo: <x:Foo> of the namespace "urn:x" is not allowed here; expected <DetectTime>, <AnalyzerTime>, <Source>, <Target> or <Classification>',
      '1: Alert/Target: <Target> of no namespace is not allowed here; expected <DetectTime>, <AnalyzerTime>, <Source>, <Target> or <Classification>',
    ],
  ],
  [
    'a missing attribute is named, with its values',
    alert('<DetectTime/><Target><File><name>n</name><path>p</path></File></Target>'),
    [
      '1: Alert/DetectTime: the attribute ntpstamp is missing',
      '1: Alert/Target/File: the attribute category is missing; it has to be current or original',
    ],
  ],
  [
    'a wrong value is quoted, with those that are right',
    source(NODE, ' spoofed="maybe"'),
    ['1: Alert/Source: spoofed="maybe": it has to be unknown, yes or no'],
  ],
  [
    'a value with one possibility is named',
    '<IDMEF-Message version="2"/>',
    ['1: : version="2": it has to be 1.0'],
  ],
  [
    'a value that has to be a word is described',
    source(NODE, ' xml:lang="a b"'),
    ['1: Alert/Source: xml:lang="a b": it has to be one word of letters, digits and . - _ :'],
  ],
  [
    'unknown attributes are named, with those that are allowed',
    source(NODE, ' _1="1" xml:id="a" xmlns:x="urn:x" x:ident="1"'),
    ['_1', 'xml:id', 'x:ident'].map((name) =>
      name === 'x:ident'
        ? '1: Alert/Source: the attribute x:ident has to be written ident'
        : `1: Alert/Source: the attribute ${name} is not allowed here; allowed are ident, spoofed, interface, xml:space and xml:lang`,
    ),
  ],
  [
    'an attribute in the wrong case is not called missing',
    message(`${ANALYZER}${TIME}<Classification Text="t"/>`),
    ['1: Alert/Classification: the attribute Text has to be written text'],
  ],
  [
    'text between elements is quoted once for an element',
    source(`\n\n  &#10;some text${NODE}more`),
    ['1: Alert/Source: text is not allowed here: "some text"'],
  ],
  [
    'a CDATA section between elements is not allowed, even if it is blank',
    source(`<![CDATA[ ]]>${NODE}`),
    ['1: Alert/Source: text is not allowed here: a CDATA section'],
  ],
  [
    'the root element is named',
    '<!DOCTYPE html>\n<html><body/></html>',
    ['2: html: the root element has to be <IDMEF-Message>, not <html>'],
  ],
  [
    'the namespace of the root element is named',
    '<IDMEF-Message xmlns="urn:x"><Foo/></IDMEF-Message>',
    [
      '1: : its namespace is "urn:x"; it has to be "http://iana.org/idmef", "urn:iana:xml:ns:idmef" or none',
    ],
  ],
  [
    'the draft of 2004 has its own elements',
    `${DRAFT}<Heartbeat><Analyzer/><CreateTime ntpstamp="0x1.0x2"/><HeartbeatInterval>1</HeartbeatInterval></Heartbeat></IDMEF-Message>`,
    [
      '1: Heartbeat/HeartbeatInterval: <HeartbeatInterval> is not allowed here; expected <AnalyzerTime> or <AdditionalData>',
    ],
  ],
  [
    'attribute defaults of the document type count',
    '<!DOCTYPE IDMEF-Message [<!ATTLIST IDMEF-Message version CDATA "3">]><IDMEF-Message/>',
    ['1: : version="3": it has to be 1.0'],
  ],
  [
    'the declarations of a document type do not count',
    `<!DOCTYPE IDMEF-Message [<!ELEMENT IDMEF-Message ANY><!ELEMENT Foo ANY>]>\n${root('<Foo/>')}`,
    ['2: Foo: <Foo> is not allowed here; expected <Alert> or <Heartbeat>'],
  ],
];

for (const [promise, document, expected] of CASES)
  test(promise, () => {
    // the fixed root element is left out of the paths
    const found = violations(document);
    if (expected[0] === '') assert.doesNotMatch(found.join('\n'), /^\d+:/);
    else assert.deepEqual(found, expected);
  });

test('every violation is named, in the order of the lines, and each at its own place', () => {
  const document = root(`
  <Alert>
    ${ANALYZER}
    ${TIME}
    <Source spoofed="maybe"/>
    <Source><Foo/></Source>
    ${CLASSIFICATION}
  </Alert>
  <Alert ident="1">
    ${ANALYZER}
    ${CLASSIFICATION}
    <Impact/>
    oops
  </Alert>
`);
  assert.deepEqual(violations(document), [
    '5: Alert/Source: spoofed="maybe": it has to be unknown, yes or no',
    '6: Alert/Source[2]/Foo: <Foo> is not allowed here; expected <Node>, <User>, <Process> or <Service>',
    '9: Alert[2]: the attribute ident is not allowed here; allowed are messageid, xml:space and xml:lang',
    '9: Alert[2]: text is not allowed here: "oops"',
    '11: Alert[2]/Classification: <CreateTime> is missing before <Classification>',
    '12: Alert[2]/Impact: <Impact> is not allowed here; expected <Assessment>, <ToolAlert>, <OverflowAlert>, <CorrelationAlert> or <AdditionalData>',
  ]);
});

test('lines are counted in the document as it was sent, whatever ends them', () => {
  for (const end of ['\n', '\r\n', '\r'])
    assert.match(
      said(`<IDMEF-Message>${end}<!-- ${end} -->${end}<Foo${end}/></IDMEF-Message>`),
      /^line 4: /,
    );
});

test('of a sender 40 characters are repeated, escaped, and no line is longer than 600', () => {
  const long = 'x'.repeat(60_000);
  const document = source(`text\u0085\n ${long}<${long}/>`, ` ${long}="1" spoofed="${long}"`);
  const lines = violations(document);
  assert.equal(lines.length, 4);
  for (const line of lines) {
    assert.doesNotMatch(line, /x{41}/);
    assert.ok(line.length < 600);
  }
  const deep = `${'<Analyzer>'.repeat(90)}<Foo/>${'</Analyzer>'.repeat(90)}`;
  const [line = ''] = violations(alert('', deep).replace(ANALYZER, '')).slice(-1);
  assert.ok(line.length < 600 && line.length > 200, line);
});
