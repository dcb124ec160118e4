/** --valid-dtd: what is validated, in which parts, and what that costs. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { diag } from 'libxml2-wasm';
import { readDtd, type Dtd } from '../../src/validate/dtd.ts';
import { Libxml2Dtd } from '../../src/validate/libxml2.ts';
import { inProject } from '../helpers/root.ts';
import { alert, ANALYZER, CLASSIFICATION, message, root, said, TIME } from './reading.ts';

const HEARTBEAT = `<Heartbeat>${ANALYZER}${TIME}</Heartbeat>\n`;
const DATA = '<AdditionalData meaning="m" type="string"><string>x</string></AdditionalData>\n';

const fromFile = (...path: string[]): Buffer => readFileSync(inProject(...path));
const whoami = fromFile('test/fixtures/corpus/real-secef-whoami.xml');

suite('the definitions in conf/ declare what the references declare', () => {
  // libxml2 compares them by all documents (verdicts.test.ts); this also sees what no document has
  const declared = (dtd: Dtd): object =>
    [...dtd.values()]
      .map(({ attributes, ...element }) => ({
        ...element,
        attributes: [...attributes].sort((a, b) => (a.name < b.name ? -1 : 1)),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const name of ['idmef-rfc4765.dtd', 'idmef-draft-2004.dtd'])
    test(name, () => {
      const [own, reference] = [fromFile('conf', name), fromFile('test/fixtures/dtd', name)];
      assert.deepEqual(declared(readDtd(own.toString())), declared(readDtd(reference.toString())));
    });
});

suite('what is validated', () => {
  test('prefixes and namespace declarations make no difference', () => {
    const inside = `${ANALYZER}${TIME}${CLASSIFICATION}`.replace(/<(?=\w)/g, '<i:');
    const document = `<i:IDMEF-Message xmlns:i="http://iana.org/idmef" xmlns:x="urn:x" xmlns="urn:y">
<i:Alert xmlns:i="http://iana.org/idmef">${inside.replace('</', '</i:')}</i:Alert></i:IDMEF-Message>`;
    assert.equal(said(document), '');
    assert.match(said(document.replace('analyzerid', 'i:analyzerid')), /^line 2: .*i:analyzerid/);
  });

  test('a document in pieces of any length is the same document', () => {
    const document = fromFile('test/fixtures/corpus/order-shuffled.xml');
    const whole = said(document);
    assert.match(whole, /^line 5: /);
    for (const length of [1, 2, 7, 100]) assert.equal(said(document, length), whole);
  });

  test('what is not well-formed is refused for that, whatever it holds before', () => {
    assert.match(said(root('<Foo/>').slice(0, -1)), /^malformed-xml: /);
    assert.match(said(root('<Foo/><a:b/>')), /^malformed-xml: .*a: is not declared/);
  });

  test('a valid document that Prelude cannot hold is refused for that', () => {
    assert.match(said(alert('').replace('06Z', 'zz')), /alert\.create_time/);
  });

  test('of a document that is neither valid nor readable all violations are named', () => {
    const lines = said(alert('<Foo/>').replace('06Z', 'zz').replace('</Alert>', '<Bar/></Alert>'));
    assert.deepEqual(lines.match(/<(?:Foo|Bar)> is not/g), ['<Foo> is not', '<Bar> is not']);
  });

  test('characters beyond ASCII are no obstacle, nor are those that XML escapes', () => {
    const text = '\u00e9\u20ac\u{1f600}&amp;&lt;&#10;&quot;';
    assert.equal(
      said(alert('').replace('"t"', `"${text}"`).replace('Z</', `Z<!--${text}--></`)),
      '',
    );
  });
});

suite('parts', () => {
  const many = (last: string): string => root(HEARTBEAT.repeat(5000) + last);

  test('violations in any part are found, with their places', () => {
    assert.equal(said(many('')), '');
    assert.match(
      said(many('<Heartbeat/>')),
      /^line 5001: IDMEF-Message\/Heartbeat\[5001\]: <Analyzer> is missing\n[^\n]*CreateTime> is missing$/,
    );
    assert.match(said(many('<Foo/>')), /^line 5001: IDMEF-Message\/Foo: <Foo> is not allowed here/);
  });

  test('the attributes of the root element are judged once', () => {
    const lines = said(many('').replace('version="1.0"', 'version="3"')).split('\n');
    assert.deepEqual(lines, ['line 1: IDMEF-Message: version="3": it has to be 1.0']);
  });

  test('at most 20 violations are named', () => {
    assert.equal(said(root('<Alert/>\n'.repeat(5000))).split('\n').length, 20);
    assert.equal(said(alert('<Foo/>\n'.repeat(5000))).split('\n').length, 20);
  });

  test('a message of the greatest length is validated, a longer one refused', () => {
    const [analyzer, data] = [`${ANALYZER}${TIME}${CLASSIFICATION}`, DATA.repeat(24_998)];
    assert.equal(said(message(analyzer + data)), '');
    assert.match(said(message(analyzer + data + DATA)), /^limit-exceeded: .*50000 elements/);
    // also where the reader has stopped counting
    assert.match(said(message('<Foo/>'.repeat(50_000))), /^limit-exceeded: .*50000 elements/);
  });

  test('a message of more than 200,000 attributes is refused', () => {
    const attributes = Array.from({ length: 1000 }, (_, index) => `a${index}=""`).join(' ');
    const document = message(`<Foo ${attributes}/>`.repeat(201));
    assert.match(said(document), /^limit-exceeded: .*200000 attributes/);
  });
});

suite('what has been found valid before', () => {
  const impact = (attribute: string): string =>
    alert('', `<Assessment><Impact ${attribute}>x</Impact></Assessment>`);

  test('says nothing about another value where not all are allowed', () => {
    assert.equal(said(impact('severity="low"')), '');
    assert.equal(said(impact('severity="low"')), '');
    assert.match(said(impact('severity="lower"')), /severity/);
    assert.equal(said(impact('severity="high"')), '');
  });

  test('says nothing about another attribute, element or text', () => {
    const source = (inside: string): string => alert(`<Source>${inside}</Source>`);
    assert.equal(said(source('<Node><name>a</name></Node>')), '');
    assert.equal(said(source('<Node><name>b</name></Node>')), '');
    assert.match(said(source('<Node>a<name>b</name></Node>')), /Node/);
    assert.match(said(source('<Node><name>b</name><name/></Node>')), /Node/);
    assert.match(said(source('<Node other="a"><name>b</name></Node>')), /other/);
  });
});

suite('costs', () => {
  const milliseconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;

  /** Processor time of the longest call of libxml2, with 10 MB of the worst. */
  test('no part keeps the process busy for more than 250 ms', () => {
    const judge = new Libxml2Dtd(fromFile('conf/idmef-rfc4765.dtd'));
    const attributes = Array.from({ length: 90 }, (_, i) => ` a${i}="${'x'.repeat(40)}"`).join('');
    const parts = {
      'unknown elements': '<a\n></a>'.repeat(50_000),
      'known elements': '<name\n></name>'.repeat(50_000),
      'long names': `<${'n'.repeat(60_000)}\n></${'n'.repeat(60_000)}>`.repeat(80),
      attributes: `<Source${attributes}\n></Source>`.repeat(2200),
      nested: ('<Alert\n>'.repeat(97) + '</Alert>'.repeat(97)).repeat(515),
    };
    for (const [name, inside] of Object.entries(parts)) {
      const document = `<IDMEF-Message><Alert>${inside}</Alert></IDMEF-Message>`;
      const begun = process.cpuUsage();
      assert.notEqual(judge.violations(document).size, 0);
      const taken = milliseconds(process.cpuUsage(begun));
      assert.ok(taken < 250, `${name}: ${taken} ms`);
    }
  });

  test('libxml2 keeps nothing of 8,000 documents, valid or not', async () => {
    const residents: number[] = [];
    diag.configure({ enabled: true });
    try {
      for (let round = 0; round < 4; round++) {
        for (let count = 0; count < 1000; count++) {
          assert.equal(said(whoami), '');
          assert.notEqual(said('<IDMEF-Message><Alert/></IDMEF-Message>'), '');
          // a weak reference keeps its object until the present task ends
          await nextTurn();
        }
        residents.push(process.memoryUsage().rss);
      }
      assert.deepEqual(diag.report(), {});
    } finally {
      diag.configure({ enabled: false });
    }
    const [first = 0, last = 0] = [residents[1], residents[3]];
    assert.ok(last - first < 32 * 1024 * 1024, residents.join());
  });

  test('documents of 10 MB in a row take no more memory than the first ones', () => {
    const document = Buffer.from(
      root(
        (
          HEARTBEAT.repeat(50) +
          `<Alert>${ANALYZER}${TIME}${CLASSIFICATION}${DATA.repeat(800)}</Alert>`
        ).repeat(146),
      ),
    );
    assert.ok(document.length > 9_900_000, String(document.length));
    const residents: number[] = [];
    for (let count = 0; count < 12; count++) {
      assert.equal(said(document), '');
      residents.push(process.memoryUsage().rss);
    }
    const [early = 0, late = 0] = [residents[3], residents[11]];
    assert.ok(late - early < 64 * 1024 * 1024, residents.map((one) => one >> 20).join());
  });
});
