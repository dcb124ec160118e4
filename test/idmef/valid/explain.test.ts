/** What is said of a document that is not valid. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { Judges } from '../../grammar/judge.ts';
import { mutants } from '../../grammar/mutate.ts';
import type { Written } from '../../grammar/sample.ts';
import { asSent, refused, translated } from '../../grammar/sources.ts';
import { inProject } from '../../helpers/root.ts';
import { Explainer } from '../../../src/idmef/valid/explain.ts';

const MUTANTS = 600;
const MOST = 20;

const GRAMMARS = new Map(
  readdirSync(inProject('conf'))
    .filter((file) => file.endsWith('.rng'))
    .map((file) => [file, readFileSync(inProject('conf', file), 'utf8')]),
);
const explainer = new Explainer(GRAMMARS, 'idmef.rng');

/** Every violation as line, path and message. */
function said(document: string, most = MOST): string[] {
  return explainer
    .explain(document, most)
    .map(({ line, path, message }) => `${line} ${path}: ${message}`);
}

const ANALYZER = '<Analyzer analyzerid="1"/>';
const TIME = '<CreateTime ntpstamp="0x1.0x2">2020-04-30T08:56:06Z</CreateTime>';
const CLASSIFICATION = '<Classification text="t"/>';
const ROOT = '<IDMEF-Message xmlns="http://iana.org/idmef" version="1.0">';

const message = (alert: string): string => `${ROOT}<Alert>${alert}</Alert></IDMEF-Message>`;
const alert = (inside: string, behind = ''): string =>
  message(`${ANALYZER}${TIME}${inside}${CLASSIFICATION}${behind}`);
const source = (inside: string, attributes = ''): string =>
  alert(`<Source${attributes}>${inside}</Source>`);
const NODE = '<Node><name>n</name></Node>';

/** A promise, a document, and what is said of it. */
const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ['nothing is said of a valid document', source(NODE), []],
  ['nothing is said of an IDMEF-Message without messages', `${ROOT}</IDMEF-Message>`, []],
  [
    'an unknown element is named, with those that were possible',
    alert('<Foo><Bar/></Foo>'),
    [
      '1 IDMEF-Message/Alert/Foo: <Foo> is not allowed here; expected <DetectTime>, <AnalyzerTime>, <Source>, <Target> or <Classification>',
    ],
  ],
  [
    'an element that belongs elsewhere is named, and not what is wrong in it',
    alert('', '<Node ident="1"/>'),
    [
      '1 IDMEF-Message/Alert/Node: <Node> is not allowed here; expected <Assessment>, <ToolAlert>, <OverflowAlert>, <CorrelationAlert> or <AdditionalData>',
    ],
  ],
  [
    'an element in one that has text only is named',
    source('<Node><name>a<b/></name></Node>'),
    [
      '1 IDMEF-Message/Alert/Source/Node/name/b: <b> is not allowed here; the element has text only',
    ],
  ],
  [
    'an element in one that is empty is named',
    alert(
      `<Target><File category="current"><name>n</name><path>p</path><FileAccess><UserId><number>0</number></UserId><Permission perms="read"><read/></Permission></FileAccess></File></Target>`,
    ),
    [
      '1 IDMEF-Message/Alert/Target/File/FileAccess/Permission/read: <read> is not allowed here; the element has to be empty',
    ],
  ],
  [
    'an element behind the last one is named',
    source('<Node><Address><address>a</address><netmask>m</netmask><more/></Address></Node>'),
    [
      '1 IDMEF-Message/Alert/Source/Node/Address/more: <more> is not allowed here; nothing more may come here',
    ],
  ],
  [
    'not all elements of IDMEF are listed where any may be',
    alert('', '<AdditionalData><xmltext><html/></xmltext></AdditionalData>'),
    [
      '1 IDMEF-Message/Alert/AdditionalData/xmltext/html: <html> is not allowed here; expected one of the elements of IDMEF',
    ],
  ],
  [
    'a missing element is named at the end of its parent',
    message(`${ANALYZER}${TIME}`),
    ['1 IDMEF-Message/Alert: <Classification> is missing'],
  ],
  [
    'a missing element is named with the one it has to stand before',
    message(`${TIME}${CLASSIFICATION}`),
    ['1 IDMEF-Message/Alert: <Analyzer> is missing before <CreateTime>'],
  ],
  [
    'missing elements that may stand for each other are named together',
    source('<Service/>'),
    ['1 IDMEF-Message/Alert/Source/Service: <name>, <port> or <portlist> is missing'],
  ],
  [
    'a second element is named where there may be one',
    source(`${NODE}${NODE}`),
    ['1 IDMEF-Message/Alert/Source/Node[2]: a second <Node>; there may be one'],
  ],
  [
    'an element that comes too late is named with the one it has to stand before',
    alert('', '<Source/>'),
    ['1 IDMEF-Message/Alert/Source: <Source> has to stand before <Classification>'],
  ],
  [
    'an element that has to be there and comes too late is not called missing',
    message(`${ANALYZER}${TIME}<Assessment/>${CLASSIFICATION}`),
    ['1 IDMEF-Message/Alert/Classification: <Classification> has to stand before <Assessment>'],
  ],
  [
    'two elements of which there may be only one are named',
    alert(
      '',
      '<OverflowAlert><program>p</program></OverflowAlert><ToolAlert><name>n</name><alertident>1</alertident></ToolAlert>',
    ),
    ['1 IDMEF-Message/Alert/ToolAlert: <ToolAlert> is not allowed together with <OverflowAlert>'],
  ],
  [
    'an element in the wrong case is taken for what it means',
    source('<node><Name>n</Name></node>'),
    [
      '1 IDMEF-Message/Alert/Source/node: <node> has to be written <Node>',
      '1 IDMEF-Message/Alert/Source/node/Name: <Name> has to be written <name>',
    ],
  ],
  [
    'an element in the wrong case and in the wrong place is told both',
    alert('', '<source/>'),
    [
      '1 IDMEF-Message/Alert/source: <source> has to be written <Source>, and <Source> has to stand before <Classification>',
    ],
  ],
  [
    'an element of IDMEF in lower case is not taken for another',
    source('<Node><address>192.0.2.1</address><name>n</name></Node>'),
    [
      '1 IDMEF-Message/Alert/Source/Node/address: <address> is not allowed here; expected <location>, <name> or <Address>',
    ],
  ],
  [
    'an element of another namespace is named, and not what it contains',
    alert('<x:Foo xmlns:x="urn:x"><x:Source/>text</x:Foo>'),
    [
      '1 IDMEF-Message/Alert/Foo: <x:Foo> is not allowed here; expected <DetectTime>, <AnalyzerTime>, <Source>, <Target> or <Classification>',
    ],
  ],
  [
    'a namespace that is not the right one is told once, and what else is wrong inside',
    alert('<x:Source xmlns:x="urn:x"><x:Node><x:name/></x:Node><User/></x:Source>'),
    [
      '1 IDMEF-Message/Alert/Source: <x:Source> is in the namespace "urn:x"; it has to be in "http://iana.org/idmef"',
      '1 IDMEF-Message/Alert/Source/User: <UserId> is missing',
    ],
  ],
  [
    'an element of no namespace is named with the right one',
    alert('<Target xmlns=""/>'),
    [
      '1 IDMEF-Message/Alert/Target: <Target> is in no namespace; it has to be in "http://iana.org/idmef"',
    ],
  ],
  [
    'a missing attribute is named',
    message(`${ANALYZER}<CreateTime>2020-04-30T08:56:06Z</CreateTime>${CLASSIFICATION}`),
    ['1 IDMEF-Message/Alert/CreateTime: the attribute ntpstamp is missing'],
  ],
  [
    'a missing attribute is named with its values',
    alert('<Target><File><name>n</name><path>p</path></File></Target>'),
    [
      '1 IDMEF-Message/Alert/Target/File: the attribute category is missing; it has to be current or original',
    ],
  ],
  [
    'a wrong value is quoted, with those that are right',
    source(NODE, ' spoofed="maybe"'),
    ['1 IDMEF-Message/Alert/Source: spoofed="maybe": it has to be unknown, yes or no'],
  ],
  [
    'a value with one possibility is named',
    '<IDMEF-Message version="2"/>',
    ['1 IDMEF-Message: version="2": it has to be 1.0'],
  ],
  [
    'a value that has to be a word is described',
    source(NODE, ' xml:lang="a b"'),
    [
      '1 IDMEF-Message/Alert/Source: xml:lang="a b": it has to be one word of letters, digits and . - _ :',
    ],
  ],
  [
    'an unknown attribute is named, with those that are allowed',
    source(NODE, ' x="1"'),
    [
      '1 IDMEF-Message/Alert/Source: the attribute x is not allowed here; allowed are ident, spoofed, interface, xml:space and xml:lang',
    ],
  ],
  [
    'an attribute in the wrong case is not called missing',
    message(`${ANALYZER}${TIME}<Classification Text="t"/>`),
    ['1 IDMEF-Message/Alert/Classification: the attribute Text has to be written text'],
  ],
  [
    'an attribute with a prefix is told to have none',
    '<i:IDMEF-Message xmlns:i="http://iana.org/idmef" i:version="1.0"/>',
    ['1 IDMEF-Message: the attribute i:version has to be written version'],
  ],
  [
    'text between elements is quoted once for an element, at its own line',
    source(`\n\n  &#10;some text${NODE}more`),
    ['3 IDMEF-Message/Alert/Source: text is not allowed here: "some text"'],
  ],
  [
    'the root element is named',
    '<!DOCTYPE html>\n<html><body/></html>',
    ['2 html: the root element has to be <IDMEF-Message>, not <html>'],
  ],
  [
    'a root element of IDMEF, or in the wrong case, is looked into',
    '<Alert><Foo/></Alert>',
    [
      '1 Alert: the root element has to be <IDMEF-Message>, not <Alert>',
      '1 Alert/Foo: <Foo> is not allowed here; expected <Analyzer>',
      '1 Alert: <Analyzer> is missing',
      '1 Alert: <CreateTime> is missing',
      '1 Alert: <Classification> is missing',
    ],
  ],
  [
    'the namespace of the root element is named',
    '<IDMEF-Message xmlns="urn:x"><Foo/></IDMEF-Message>',
    [
      '1 IDMEF-Message: the root element <IDMEF-Message> is in the namespace "urn:x"; it has to be in "http://iana.org/idmef", none or "urn:iana:xml:ns:idmef"',
      '1 IDMEF-Message/Foo: <Foo> is not allowed here; expected <Alert> or <Heartbeat>',
    ],
  ],
  [
    'the draft of 2004 has its own elements',
    '<IDMEF-Message xmlns="urn:iana:xml:ns:idmef"><Heartbeat><Analyzer/><CreateTime ntpstamp="0x1.0x2"/><HeartbeatInterval>1</HeartbeatInterval></Heartbeat></IDMEF-Message>',
    [
      '1 IDMEF-Message/Heartbeat/HeartbeatInterval: <HeartbeatInterval> is not allowed here; expected <AnalyzerTime> or <AdditionalData>',
    ],
  ],
  [
    'attribute defaults of the document type count',
    '<!DOCTYPE IDMEF-Message [<!ATTLIST IDMEF-Message version CDATA "3">]><IDMEF-Message/>',
    ['1 IDMEF-Message: version="3": it has to be 1.0'],
  ],
];

for (const [promise, document, expected] of CASES)
  test(promise, () => {
    assert.deepEqual(said(document), expected);
  });

test('every violation is named, in the order of the lines, and each at its own place', () => {
  const document = `${ROOT}
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
</IDMEF-Message>`;
  assert.deepEqual(said(document), [
    '5 IDMEF-Message/Alert[1]/Source[1]: spoofed="maybe": it has to be unknown, yes or no',
    '6 IDMEF-Message/Alert[1]/Source[2]/Foo: <Foo> is not allowed here; expected <Node>, <User>, <Process> or <Service>',
    '9 IDMEF-Message/Alert[2]: the attribute ident is not allowed here; allowed are messageid, xml:space and xml:lang',
    '9 IDMEF-Message/Alert[2]: <CreateTime> is missing before <Classification>',
    '12 IDMEF-Message/Alert[2]/Impact: <Impact> is not allowed here; expected <Assessment>, <ToolAlert>, <OverflowAlert>, <CorrelationAlert> or <AdditionalData>',
    '13 IDMEF-Message/Alert[2]: text is not allowed here: "oops"',
  ]);
});

test('lines are counted in the document as it was sent, whatever ends them', () => {
  for (const end of ['\n', '\r\n', '\r'])
    assert.deepEqual(
      explainer
        .explain(`<IDMEF-Message>${end}${end}<Foo/></IDMEF-Message>`, 1)
        .map(({ line }) => line),
      [3],
    );
});

test('at most as many violations are named as are wanted', () => {
  const document = alert('<Foo/>'.repeat(100));
  assert.equal(explainer.explain(document, 3).length, 3);
  assert.equal(explainer.explain(document, 0).length, 0);
  assert.match(said(document, 1)[0] ?? '', /Foo\[1\]/);
});

test('no more than 40 characters are quoted of what a sender wrote', () => {
  const long = 'x'.repeat(60_000);
  const document = source(`text ${long}<${long}/>`, ` ${long}="1" spoofed="${long}"`);
  const lines = said(document);
  assert.equal(lines.length, 4);
  for (const line of lines) assert.doesNotMatch(line, /x{41}/);
});

test('a document of 70,000 faults is explained within 5 seconds', () => {
  const faults = '<Source spoofed="x"><Foo y="1"/>t<Node/><Node/></Source>'.repeat(10_000);
  const begin = performance.now();
  assert.equal(explainer.explain(alert('', faults), 100_000).length, 70_000);
  assert.ok(performance.now() - begin < 5000, `${performance.now() - begin} ms`);
});

test('what the reader refuses is explained as far as it can be read', () => {
  assert.equal(said(`${ROOT}<Foo/>${'<a>'.repeat(200)}${'</a>'.repeat(200)}`).length, 2);
  assert.equal(said(`${ROOT}<Foo/><`).length, 1);
});

for (const [what, grammar] of [
  ['<interleave>', '<start><interleave><text/></interleave></start>'],
  ['combine', '<start><text combine="choice"/></start>'],
  ['no <start>', '<define name="a"><text/></define>'],
  ['b is not defined', '<start><ref name="b"/></start>'],
  ['a has itself in it', '<start><ref name="a"/></start><define name="a"><ref name="a"/></define>'],
  ['the file is missing', '<include href="c.rng"/>'],
  [
    'in a choice',
    '<start><element name="e"><choice><attribute name="a"/><text/></choice></element></start>',
  ],
  [
    '[0-9]',
    '<start><element name="e"><attribute name="a"><data type="string"><param name="pattern">[0-9]</param></data></attribute></element></start>',
  ],
  [
    'no string',
    '<start><element name="e"><attribute name="a"><value>1</value></attribute></element></start>',
  ],
  [
    'two patterns for <e>',
    '<start><choice><element name="e"><text/></element><element name="e"><empty/></element></choice></start>',
  ],
] as const)
  test(`a grammar that is not understood is refused by what is not: ${what}`, () => {
    const source = `<grammar xmlns="http://relaxng.org/ns/structure/1.0">${grammar}</grammar>`;
    assert.throws(
      () => new Explainer(new Map([['a.rng', source]]), 'a.rng'),
      (error) => error instanceof Error && error.message.includes(what),
    );
  });

test('an element that cannot be right whatever it has is not expected', () => {
  const grammar =
    '<grammar xmlns="http://relaxng.org/ns/structure/1.0"><start><element name="r"><optional>' +
    '<element name="a"><notAllowed/></element></optional><optional><element name="b"><empty/>' +
    '</element></optional></element></start></grammar>';
  const [first] = new Explainer(new Map([['g.rng', grammar]]), 'g.rng').explain('<r><a/></r>', 2);
  assert.equal(first?.message, '<a> is not allowed here; expected <b>');
});

test('an included definition can be overridden', () => {
  const of = (inside: string): string =>
    `<grammar xmlns="http://relaxng.org/ns/structure/1.0">${inside}</grammar>`;
  const element = (name: string): string => `<element name="${name}"><empty/></element>`;
  const files = new Map([
    ['a.rng', of(`<include href="b.rng"><define name="x">${element('new')}</define></include>`)],
    ['b.rng', of(`<start><ref name="x"/></start><define name="x">${element('old')}</define>`)],
  ]);
  const own = new Explainer(files, 'a.rng');
  assert.deepEqual(own.explain('<new/>', 1), []);
  assert.match(own.explain('<old/>', 1)[0]?.message ?? '', /has to be <new>, not <old>/);
});

test('something is said of every document that xmllint finds invalid, and of no valid one', async () => {
  const seed = Number(process.env['EXPLAIN_SEED'] ?? Math.floor(Math.random() * 1_000_000));
  const judges = new Judges({ after });
  const sent = asSent();
  const good = [...sent, ...translated(sent)];
  const all = [...good, ...(await refused(judges))];
  const bases = good.filter(({ source: { length } }) => length < 12_000);
  const verdicts = await judges.grammar(bases.map((one) => one.source));
  const judged = bases.map((base, index) => ({ ...base, valid: verdicts[index]?.valid === true }));
  await agree(judges, [...all, ...mutants(judged, MUTANTS, seed)], seed);
});

async function agree(judges: Judges, documents: readonly Written[], seed: number): Promise<void> {
  const texts = documents.map(({ source: bytes }) => decoded(bytes));
  const verdicts = await judges.grammar(documents.map(({ source: bytes }) => bytes));
  const count = { invalid: 0, explained: 0, valid: 0, nothing: 0 };
  const wrong: string[] = [];
  for (const [index, text] of texts.entries()) {
    const valid = verdicts[index]?.valid;
    if (valid === undefined) continue;
    const lines = said(text);
    count[valid ? 'valid' : 'invalid']++;
    if (valid === (lines.length === 0)) count[valid ? 'nothing' : 'explained']++;
    else wrong.push(`${documents[index]?.name ?? ''}\n${text}\n${lines.join('\n')}`);
  }
  const { invalid, explained, valid, nothing } = count;
  console.log(
    `seed ${seed}: invalid ${invalid}, explained ${explained}; valid ${valid}, nothing found ${nothing}`,
  );
  assert.deepEqual(wrong, []);
  assert.ok(invalid > 100 && valid > 50);
}

function decoded(bytes: Buffer): string {
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe;
  const latin1 = /encoding="iso-8859-1"/i.test(bytes.toString('latin1', 0, 100));
  return bytes.toString(wide ? 'utf16le' : latin1 ? 'latin1' : 'utf8').replace(/^\ufeff/, '');
}
