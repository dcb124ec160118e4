/** Documents that are too deep, too big or too clever. */
import type { ErrorCode } from '../../src/errors.ts';

const HEAD =
  '<IDMEF-Message><Alert messageid="big"><Analyzer analyzerid="x"/><CreateTime>2020-04-30T08:56:06Z</CreateTime>';
const TAIL = '<Classification text="t"/></Alert></IDMEF-Message>';
const N = 100_000;
const TEN_MEGABYTES = 10_000_000;

/** One of them. */
export interface Bomb {
  readonly name: string;
  readonly make: () => string;
  /** the codes that may refuse it; accepted if there is none */
  readonly refusedBy: readonly ErrorCode[];
  /** how many bytes come at a time; all of them if it is not given */
  readonly piece?: number;
}

const inAlert = (middle: string): string => HEAD + middle + TAIL;
const impact = (text: string): string =>
  inAlert(`<Assessment><Impact>${text}</Impact></Assessment>`);
const xmlData = (content: string): string =>
  inAlert(`<AdditionalData type="xmltext"><xmltext>${content}</xmltext></AdditionalData>`);
const nested = (open: string, close: string, n: number, inside = ''): string =>
  open.repeat(n) + inside + close.repeat(n);
const linked = (n: number): string =>
  `<Target><File category="current"><name>n</name>${nested(
    '<Linkage category="stream"><File category="current">',
    '</File></Linkage>',
    n,
  )}</File></Target>`;
const list = (n: number, item: (index: number) => string): string =>
  Array.from({ length: n }, (_, index) => item(index)).join('');
/** That many declarations on each of the open elements. */
const declaring = (depth: number, inside: string): string =>
  nested2(depth, (level) => list(999, (i) => ` xmlns:p${level}_${i}="u"`), inside);

function nested2(depth: number, attributes: (level: number) => string, inside: string): string {
  const open = list(depth, (level) => `<f:x xmlns:f="urn:f"${attributes(level)}>`);
  return open + inside + '</f:x>'.repeat(depth);
}

const alert = (index: number): string =>
  `<Alert messageid="${index}"><CreateTime>2020-04-30T08:56:06Z</CreateTime></Alert>`;
const defaults = list(900, (i) => ` attribute-with-a-long-name-${i} CDATA "${'v'.repeat(30)}"`);

export const BOMBS: readonly Bomb[] = [
  // nesting
  {
    name: 'unknown elements 100,000 deep',
    make: () => inAlert(nested('<x>', '</x>', N)),
    refusedBy: ['not-idmef'],
  },
  {
    name: 'foreign elements 100,000 deep',
    make: () => inAlert(nested('<x xmlns="urn:f">', '</x>', N)),
    refusedBy: ['limit-exceeded'],
  },
  {
    name: 'elements in xmltext 100,000 deep',
    make: () => xmlData(nested('<x>', '</x>', N)),
    refusedBy: ['limit-exceeded'],
  },
  {
    name: 'Linkage and File 100,000 deep',
    make: () => inAlert(linked(N)),
    refusedBy: ['limit-exceeded'],
  },
  {
    name: 'Linkage and File 50 deep',
    make: () => inAlert(linked(50)),
    refusedBy: ['limit-exceeded'],
  },
  { name: 'Linkage and File 40 deep', make: () => inAlert(linked(40)), refusedBy: [] },
  {
    name: 'Analyzers 100,000 deep',
    make: () =>
      HEAD.replace('<Analyzer analyzerid="x"/>', nested('<Analyzer>', '</Analyzer>', N)) + TAIL,
    refusedBy: ['limit-exceeded'],
  },
  // numbers
  {
    name: '100,000 Targets',
    make: () => inAlert('<Target/>'.repeat(N)),
    refusedBy: ['limit-exceeded'],
  },
  { name: '49,990 Targets', make: () => inAlert('<Target/>'.repeat(49_990)), refusedBy: [] },
  {
    name: '100,000 attributes',
    make: () => inAlert(`<Source${list(N, (i) => ` a${i}="1"`)}/>`),
    refusedBy: ['limit-exceeded'],
  },
  {
    name: '100,000 Alerts',
    make: () => `<IDMEF-Message>${list(N, alert)}</IDMEF-Message>`,
    refusedBy: [],
  },
  {
    name: '100,000 Alerts in pieces of 1 KB',
    make: () => `<IDMEF-Message>${list(N, alert)}</IDMEF-Message>`,
    piece: 1024,
    refusedBy: [],
  },
  {
    name: 'a million empty Alerts of another namespace',
    make: () => `<IDMEF-Message xmlns:f="urn:f">${'<f:a/>'.repeat(1_000_000)}</IDMEF-Message>`,
    refusedBy: ['limit-exceeded'],
  },
  // size
  {
    name: 'an attribute of 10 MB',
    make: () => inAlert('').replace('big', 'A'.repeat(TEN_MEGABYTES)),
    refusedBy: [],
  },
  {
    name: 'an attribute of 10 MB in pieces of 1 KB',
    make: () => inAlert('').replace('big', 'A'.repeat(TEN_MEGABYTES)),
    piece: 1024,
    refusedBy: [],
  },
  { name: 'a text of 10 MB', make: () => impact('A'.repeat(TEN_MEGABYTES)), refusedBy: [] },
  {
    name: 'a text of 10 MB in pieces of 1 KB',
    make: () => impact('A'.repeat(TEN_MEGABYTES)),
    piece: 1024,
    refusedBy: [],
  },
  {
    name: 'a text of 10 MB of references',
    make: () => impact('&#x41;'.repeat(TEN_MEGABYTES / 6)),
    piece: 65536,
    refusedBy: [],
  },
  {
    name: 'a text of 10 MB in CDATA sections',
    make: () => impact('<![CDATA[A]]>'.repeat(TEN_MEGABYTES / 13)),
    piece: 65536,
    refusedBy: [],
  },
  {
    name: 'a text of 10 MB of line ends',
    make: () => impact('\r\n'.repeat(TEN_MEGABYTES / 2)),
    piece: 1024,
    refusedBy: [],
  },
  {
    name: 'a CDATA section of 10 MB in pieces of 1 KB',
    make: () => impact(`<![CDATA[${'A'.repeat(TEN_MEGABYTES)}]]>`),
    piece: 1024,
    refusedBy: [],
  },
  {
    name: 'a comment of 10 MB in pieces of 1 KB',
    make: () => impact(`<!--${'A'.repeat(TEN_MEGABYTES)}-->`),
    piece: 1024,
    refusedBy: [],
  },
  {
    name: 'an instruction of 10 MB in pieces of 1 KB',
    make: () => impact(`<?a ${'?'.repeat(TEN_MEGABYTES)}?>`),
    piece: 1024,
    refusedBy: [],
  },
  {
    name: 'a tag with 10 MB of white space in pieces of 1 KB',
    make: () => inAlert(`<Source${' '.repeat(TEN_MEGABYTES)}/>`),
    piece: 1024,
    refusedBy: [],
  },
  {
    name: 'an attribute name of 10 MB',
    make: () => inAlert(`<Source ${'a'.repeat(TEN_MEGABYTES)}=""/>`),
    refusedBy: ['limit-exceeded'],
  },
  {
    name: 'an element name of 10 MB',
    make: () => inAlert(`<${'a'.repeat(TEN_MEGABYTES)}/>`),
    refusedBy: ['limit-exceeded'],
  },
  {
    name: 'an end tag of 10 MB in pieces of 1 KB',
    make: () => inAlert(`<Source></Source${' '.repeat(TEN_MEGABYTES)}>`),
    piece: 1024,
    refusedBy: [],
  },
  {
    name: 'a document type of 10 MB in pieces of 1 KB',
    make: () => `<!DOCTYPE a [${' <!-- - -->'.repeat(TEN_MEGABYTES / 11)}]>${inAlert('')}`,
    piece: 1024,
    refusedBy: ['limit-exceeded'],
  },
  {
    name: 'a content model 30,000 deep',
    make: () => `<!DOCTYPE a [<!ELEMENT a ${nested('(', ')', 30_000, 'b')}>]>${inAlert('')}`,
    piece: 100,
    refusedBy: ['malformed-xml'],
  },
  {
    name: 'a content model of 60 KB in pieces of 100 bytes',
    make: () => `<!DOCTYPE a [<!ELEMENT a (${'(b|c),'.repeat(10_000)}d)>]>${inAlert('')}`,
    piece: 100,
    refusedBy: [],
  },
  {
    name: 'an attribute list of 60 KB that is not closed',
    make: () => `<!DOCTYPE a [<!ATTLIST a${' b CDATA "&amp;"'.repeat(4000)}<>]>${inAlert('')}`,
    piece: 100,
    refusedBy: ['malformed-xml'],
  },
  {
    name: 'a buffer of 10 MB of base64',
    make: () =>
      inAlert(
        `<OverflowAlert><program>p</program><buffer>${'QUJD'.repeat(TEN_MEGABYTES / 4)}</buffer></OverflowAlert>`,
      ),
    refusedBy: [],
  },
  {
    name: 'an integer of 10 MB',
    make: () => inAlert(`<OverflowAlert><size>${'9'.repeat(TEN_MEGABYTES)}</size></OverflowAlert>`),
    refusedBy: ['bad-value'],
  },
  {
    name: 'a confidence of 10 MB',
    make: () =>
      inAlert(`<Assessment><Confidence>0.${'9'.repeat(TEN_MEGABYTES)}x</Confidence></Assessment>`),
    refusedBy: ['bad-value'],
  },
  {
    name: 'a time with a fraction of 10 MB',
    make: () =>
      inAlert(`<DetectTime>2020-04-30T08:56:06.${'9'.repeat(TEN_MEGABYTES)}Z</DetectTime>`),
    refusedBy: [],
  },
  {
    name: 'a time behind 10 MB of white space',
    make: () => inAlert(`<DetectTime>2020-04-30${' '.repeat(TEN_MEGABYTES)}x</DetectTime>`),
    refusedBy: ['bad-value'],
  },
  {
    name: 'AdditionalData of type xml of 10 MB',
    make: () => xmlData('<q a="b&#10;c">d</q>'.repeat(49_000)),
    piece: 65536,
    refusedBy: [],
  },
  // never finished
  {
    name: 'a tag of 10 MB that does not end',
    make: () => `${HEAD}<Source a="${'A'.repeat(TEN_MEGABYTES)}`,
    piece: 1024,
    refusedBy: ['malformed-xml'],
  },
  {
    name: '10 MB of less-than signs',
    make: () => '<'.repeat(TEN_MEGABYTES),
    piece: 1024,
    refusedBy: ['malformed-xml'],
  },
  {
    name: '10 MB of quotes in a tag',
    make: () => `<a ${'"'.repeat(TEN_MEGABYTES)}`,
    piece: 1024,
    refusedBy: ['malformed-xml'],
  },
  {
    name: '10 MB of ampersands',
    make: () => impact('&'.repeat(TEN_MEGABYTES)),
    piece: 1024,
    refusedBy: ['malformed-xml'],
  },
  {
    name: 'a reference of 10 MB',
    make: () => impact(`&#${'0'.repeat(TEN_MEGABYTES)}`),
    piece: 1024,
    refusedBy: ['malformed-xml'],
  },
  {
    name: '10 MB of brackets',
    make: () => impact(']'.repeat(TEN_MEGABYTES)),
    piece: 1024,
    refusedBy: [],
  },
  // work that grows with what came before
  {
    name: '90,000 declarations in force around 48,000 prefixed elements',
    make: () => inAlert(declaring(90, '<p0_0:y/>'.repeat(48_000))),
    piece: 65536,
    refusedBy: [],
  },
  {
    name: 'declarations in force around elements that declare',
    make: () => inAlert(declaring(90, '<f:y xmlns:z="u"/>'.repeat(48_000))),
    piece: 65536,
    refusedBy: [],
  },
  {
    name: 'declarations in force around AdditionalData',
    make: () =>
      `<IDMEF-Message${list(999, (i) => ` xmlns:p${i}="u"`)}>${list(200, () => `<Alert${list(500, (i) => ` xmlns:q${i}="u"`)}><CreateTime>2020-04-30T08:56:06Z</CreateTime>${'<AdditionalData>1</AdditionalData>'.repeat(500)}</Alert>`)}</IDMEF-Message>`,
    piece: 65536,
    refusedBy: [],
  },
  {
    name: 'declarations that are used in AdditionalData of type xml',
    make: () =>
      xmlData(
        nested2(
          90,
          (level) => list(300, (i) => ` xmlns:p${level}_${i}="u${level}_${i}" p${level}_${i}:a=""`),
          '<f:y xmlns:z="u" z:a=""/>'.repeat(48_000),
        ),
      ),
    piece: 65536,
    refusedBy: [],
  },
  {
    name: 'elements with 999 attributes of other namespaces',
    make: () =>
      `<IDMEF-Message xmlns:p="u">${list(800, () => `<p:x${list(999, (i) => ` p:a${i}=""`)}/>`)}<Heartbeat/></IDMEF-Message>`,
    piece: 65536,
    refusedBy: [],
  },
  {
    name: 'attribute defaults of 60 kB for 48,000 elements',
    make: () =>
      `<!DOCTYPE IDMEF-Message [<!ATTLIST x${defaults}>]>${xmlData('<x/>'.repeat(48_000))}`,
    piece: 65536,
    refusedBy: ['limit-exceeded'],
  },
];
