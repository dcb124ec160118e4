/** Which elements and attributes there may be, in which namespaces, and what becomes of others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainMessages, refusal } from './reading.ts';

const TIME = '<CreateTime>2020-04-30T08:56:06Z</CreateTime>';
const create_time = '2020-04-30T08:56:06.000000Z';

const alert = (inside: string, root = ''): string =>
  `<IDMEF-Message${root}><Alert>${TIME}${inside}</Alert></IDMEF-Message>`;

const NAMESPACES = ['http://iana.org/idmef', 'urn:iana:xml:ns:idmef'];

for (const namespace of NAMESPACES)
  test(`elements and attributes of ${namespace} are IDMEF, by any prefix`, () => {
    const document = `<p:IDMEF-Message xmlns:p="${namespace}"><p:Alert p:messageid="1"><p:CreateTime>2020-04-30T08:56:06Z</p:CreateTime></p:Alert></p:IDMEF-Message>`;
    assert.deepEqual(plainMessages(document), [{ Alert: { messageid: '1', create_time } }]);
  });

test('the namespaces of IDMEF may be mixed', () => {
  const root = ` xmlns:a="${NAMESPACES[0] ?? ''}" xmlns:b="${NAMESPACES[1] ?? ''}"`;
  assert.deepEqual(
    plainMessages(alert('<a:Source b:ident="1"/><b:Source a:ident="2"/><Source ident="3"/>', root)),
    [{ Alert: { create_time, source: [{ ident: '1' }, { ident: '2' }, { ident: '3' }] } }],
  );
});

test('elements and attributes of other namespaces are ignored with all they contain', () => {
  const foreign = '<f:Source f:ident="1">text<Target/><f:bad port="x"/></f:Source>';
  const document = alert(
    `${foreign}<Source f:ident="1" xml:lang="en">${foreign}</Source>`,
    ' xmlns:f="urn:f" f:version="2"',
  );
  assert.deepEqual(plainMessages(document), [{ Alert: { create_time, source: [{}] } }]);
});

test('a prefix means what the innermost declaration says', () => {
  const document = alert(
    '<p:Source xmlns:p="urn:f"><p:Node xmlns:p="http://iana.org/idmef"/></p:Source><p:Source ident="1"/>',
    ' xmlns:p="urn:iana:xml:ns:idmef"',
  );
  assert.deepEqual(plainMessages(document), [{ Alert: { create_time, source: [{ ident: '1' }] } }]);
});

test('repeated elements are list items in the order of the document', () => {
  const document = alert('<Target ident="1"/><Source ident="2"/><Target ident="3"/>');
  assert.deepEqual(plainMessages(document), [
    { Alert: { create_time, source: [{ ident: '2' }], target: [{ ident: '1' }, { ident: '3' }] } },
  ]);
});

test('nested Analyzers are a list from the outside in', () => {
  const document = alert(
    '<Analyzer name="1"><Analyzer name="2"><Node/><Analyzer name="3"/></Analyzer></Analyzer>',
  );
  assert.deepEqual(plainMessages(document), [
    { Alert: { create_time, analyzer: [{ name: '1' }, { name: '2', node: {} }, { name: '3' }] } },
  ]);
});

test('text is put together across comments, instructions, CDATA sections and foreign elements', () => {
  const document = alert(
    '<Assessment><Impact>a<!-- -->b<?p?>c<![CDATA[<d>]]>&amp;<f:x>no</f:x>e</Impact></Assessment>',
    ' xmlns:f="urn:f"',
  );
  assert.deepEqual(plainMessages(document), [
    { Alert: { create_time, assessment: { impact: { description: 'abc<d>&e' } } } },
  ]);
});

test('Permission is an attribute or a text', () => {
  const access =
    '<permission perms="a">no</permission><Permission perms="b"/><permission>c</permission><Permission perms=""/>';
  const document = alert(`<Target><File><FileAccess>${access}</FileAccess></File></Target>`);
  assert.deepEqual(plainMessages(document), [
    {
      Alert: {
        create_time,
        target: [{ file: [{ file_access: [{ permission: ['a', 'b', 'c'] }] }] }],
      },
    },
  ]);
});

test('a missing CreateTime is now', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2020, 3, 30, 8, 56, 6) });
  assert.deepEqual(plainMessages('<IDMEF-Message><Heartbeat/></IDMEF-Message>'), [
    { Heartbeat: { create_time } },
  ]);
});

const REFUSED: readonly [promise: string, inside: string, what: RegExp][] = [
  [
    'an unknown element',
    '<X/>',
    /^line 1, column 68: alert: <X> is not allowed in <Alert>: it may have Analyzer, /,
  ],
  ['an element in another case', '<source/>', /<source> is not allowed/],
  [
    'an unknown attribute',
    '<Source x="1"/>',
    /^line 1, column 68: alert.source\(0\): <Source> has no attribute "x"/,
  ],
  [
    'an attribute of a text element',
    '<Source><Node><name a="b">n</name></Node></Source>',
    /alert.source\(0\).node.name: <name> has no attribute "a"/,
  ],
  [
    'an ntpstamp where there is no time',
    '<Source><Node><name ntpstamp="1.1">n</name></Node></Source>',
    /no attribute "ntpstamp"/,
  ],
  [
    'text between elements',
    '<Source> x <Node/></Source>',
    /text "x" in <Source>, which has only elements/,
  ],
  [
    'an element in a text element',
    '<Source><Node><name><b/></name></Node></Source>',
    /<b> is not allowed in <name>: it has no children/,
  ],
  [
    'a second element where there may be one',
    '<Assessment/><Assessment/>',
    /a second <Assessment> in <Alert>/,
  ],
  [
    'a second spelling of an element',
    '<Target><File><Inode><c-minor-device>1</c-minor-device><c-minor-devide>1</c-minor-devide></Inode></File></Target>',
    /a second <c-minor-devide>/,
  ],
  ['a second Analyzer', '<Analyzer/><Analyzer/>', /a second <Analyzer> in <Alert>/],
  ['an attribute of FileList', '<Target><FileList a="b"/></Target>', /<FileList> has no attribute/],
];

for (const [promise, inside, what] of REFUSED)
  test(`refuses ${promise} and says where`, () => {
    const error = refusal({ pieces: [Buffer.from(alert(inside))] });
    assert.equal(error?.code, 'not-idmef');
    assert.match(error.describe(), what);
  });

test('refuses an attribute of the root element', () => {
  const error = refusal({ pieces: [Buffer.from('<IDMEF-Message a="b"/>')] });
  assert.match(error?.describe() ?? '', /<IDMEF-Message> has no attribute "a"/);
});

test('refuses a document without a message', () => {
  const error = refusal({ pieces: [Buffer.from('<IDMEF-Message/>')] });
  assert.equal(error?.describe(), 'there is no Alert and no Heartbeat in the document');
});

test('a reference to what is no character is refused at its place', () => {
  const error = refusal({
    pieces: [Buffer.from(alert('<Assessment><Impact>a&#65;\n&#0;</Impact></Assessment>'))],
  });
  assert.equal(error?.describe(), 'line 2, column 1: the reference &#0; is to no character of XML');
});
