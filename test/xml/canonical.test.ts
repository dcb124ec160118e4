/** AdditionalData of type xml: Exclusive XML Canonicalization without comments. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRecord } from '../helpers/narrow.ts';
import { plainMessages } from '../idmef/reading.ts';

function dataOf(document: string): unknown {
  const [message] = plainMessages(document);
  assert.ok(isRecord(message) && isRecord(message['Alert']));
  const list = message['Alert']['additional_data'];
  assert.ok(Array.isArray(list));
  const data: unknown = list[0];
  assert.ok(isRecord(data));
  return data['data'];
}

/** The data of an AdditionalData of type xml with that content. */
function canonical(content: string, root = ''): unknown {
  return dataOf(
    `<IDMEF-Message${root}><Alert><CreateTime>2020-04-30T08:56:06Z</CreateTime>` +
      `<AdditionalData type="xml"><xml>${content}</xml></AdditionalData></Alert></IDMEF-Message>`,
  );
}

const CASES: readonly [promise: string, content: string, canonical: string, root?: string][] = [
  ['an empty element becomes two tags', '<q/>', '<q></q>'],
  ['white space in tags is normalised', '<q  a = "b"\n></q >', '<q a="b"></q>'],
  ['quotes become double', "<q a='b\"c'/>", '<q a="b&quot;c"></q>'],
  ['attributes are sorted', '<q b="2" a="1" c="3"/>', '<q a="1" b="2" c="3"></q>'],
  [
    'attributes are sorted by namespace, those without first',
    '<q xmlns:a="urn:z" xmlns:b="urn:y" a:x="1" b:x="2" z="3"/>',
    '<q xmlns:a="urn:z" xmlns:b="urn:y" z="3" b:x="2" a:x="1"></q>',
  ],
  [
    'declarations are sorted by prefix, the default first',
    '<q xmlns:b="urn:b" xmlns="urn:q" xmlns:a="urn:a" b:x="" a:x=""/>',
    '<q xmlns="urn:q" xmlns:a="urn:a" xmlns:b="urn:b" a:x="" b:x=""></q>',
  ],
  [
    'attributes are sorted by code points',
    '<q xmlns:a="urn:\u{10000}" xmlns:b="urn:\uff5e" a:x="" b:x=""/>',
    '<q xmlns:a="urn:\u{10000}" xmlns:b="urn:\uff5e" b:x="" a:x=""></q>',
  ],
  [
    'declarations that are not used are left out',
    '<q xmlns:a="urn:a"><a:r/></q>',
    '<q><a:r xmlns:a="urn:a"></a:r></q>',
  ],
  ['a prefix in a value is not a use', '<q xmlns:a="urn:a" t="a:b"/>', '<q t="a:b"></q>'],
  [
    'a declaration is not repeated below',
    '<a:q xmlns:a="urn:a"><a:r xmlns:a="urn:a"/></a:q>',
    '<a:q xmlns:a="urn:a"><a:r></a:r></a:q>',
  ],
  [
    'a declaration is repeated beside',
    '<q xmlns:a="urn:a"><a:r/><a:r/></q>',
    '<q><a:r xmlns:a="urn:a"></a:r><a:r xmlns:a="urn:a"></a:r></q>',
  ],
  [
    'another namespace of the same prefix is declared',
    '<a:q xmlns:a="urn:a"><a:r xmlns:a="urn:b"><a:s xmlns:a="urn:a"/></a:r><a:t/></a:q>',
    '<a:q xmlns:a="urn:a"><a:r xmlns:a="urn:b"><a:s xmlns:a="urn:a"></a:s></a:r><a:t></a:t></a:q>',
  ],
  [
    'the default namespace is undone',
    '<q xmlns="urn:q"><r xmlns=""/></q>',
    '<q xmlns="urn:q"><r xmlns=""></r></q>',
  ],
  ['no default namespace is not undone', '<q xmlns=""/>', '<q></q>'],
  [
    'the default namespace does not count under a prefix',
    '<a:q xmlns="urn:q" xmlns:a="urn:a"><r/></a:q>',
    '<a:q xmlns:a="urn:a"><r xmlns="urn:q"></r></a:q>',
  ],
  [
    'declarations of the message are taken along',
    '<v:q/>',
    '<v:q xmlns:v="urn:v"></v:q>',
    ' xmlns:v="urn:v"',
  ],
  [
    'the default namespace of the message is taken along',
    '<q/>',
    '<q xmlns="http://iana.org/idmef"></q>',
    ' xmlns="http://iana.org/idmef"',
  ],
  ['xml: needs no declaration', '<q xml:lang="en"/>', '<q xml:lang="en"></q>'],
  ['text is escaped', '<q>&lt;&amp;&gt;"&#13;&#9;</q>', '<q>&lt;&amp;&gt;"&#xD;\t</q>'],
  [
    'values are escaped',
    '<q a="&lt;&amp;&gt;&#34;&#13;&#10;&#9;\'"/>',
    '<q a="&lt;&amp;>&quot;&#xD;&#xA;&#x9;\'"></q>',
  ],
  ['white space in values is normalised', '<q a="\t\n b"/>', '<q a="   b"></q>'],
  ['CDATA sections and references become text', '<q><![CDATA[<a>]]>&#65;</q>', '<q>&lt;a&gt;A</q>'],
  ['comments are dropped', '<q>a<!-- b -->c</q>', '<q>ac</q>'],
  ['processing instructions are kept', '<q><?a  b c ?><?d?></q>', '<q><?a b c ?><?d?></q>'],
  ['namespaces are escaped', '<q xmlns="urn:&amp;&quot;"/>', '<q xmlns="urn:&amp;&quot;"></q>'],
  ['the ends are trimmed, the inside is not', ' \n<q> a </q> b\t', '<q> a </q> b'],
  ['several elements and text', 'a &lt; <q/>b<r/>', 'a &lt; <q></q>b<r></r>'],
  ['content without an element is its text', ' a &lt; <![CDATA[<q>]]> ', 'a < <q>'],
  ['line ends are LF', '<q>a\r\nb\rc</q>', '<q>a\nb\nc</q>'],
];

for (const [promise, content, expected, root] of CASES)
  test(promise, () => {
    assert.equal(canonical(content, root), expected);
  });

test('the draft style gives the same', () => {
  const document =
    '<IDMEF-Message><Alert><CreateTime>2020-04-30T08:56:06Z</CreateTime>' +
    '<AdditionalData type="xml"> <x:q xmlns:x="urn:x"/> </AdditionalData></Alert></IDMEF-Message>';
  assert.equal(dataOf(document), '<x:q xmlns:x="urn:x"></x:q>');
});
