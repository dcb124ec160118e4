/** Alerts with random fields, and the digest of each that the manager's copy has to have. */
import { digest, element, parseElement, toXml, type Element } from './element.ts';
import type { Random } from './random.ts';

/** The two Analyzers around the sensor's own: the manager's and the gateway's. */
const ADDED_ANALYZERS = 2;

/** An Alert that is ready to be sent. */
export interface Alert {
  readonly id: string;
  /** the element Alert */
  readonly xml: string;
}

/** Makes the alerts of one run, and remembers what each of them contains. */
export class Alerts {
  readonly #run: string;
  readonly #digests = new Map<string, string>();
  #count = 0;

  constructor(seed: number) {
    this.#run = `chaos-${seed}-`;
  }

  /** Makes an alert whose messageid no other one has. @param size characters of its longest text */
  next(random: Random, size: number): Alert {
    // the letter at the end keeps following digits out of it
    const id = `${this.#run}${this.#count++}z`;
    const root = randomAlert(id, size, random);
    this.#digests.set(id, digest(root));
    return { id, xml: toXml(root) };
  }

  /** All messageids of this run that occur in a text, which may be any bytes read as latin1. */
  findIn(text: string): Set<string> {
    return new Set(text.match(new RegExp(`${this.#run}\\d+z`, 'g')));
  }

  /** Whether it may be a messageid of this run. */
  has(id: string): boolean {
    return id.startsWith(this.#run);
  }

  /** Whether a document that the manager wrote has exactly the fields of the alert that was sent. */
  isIntact(id: string, xml: string): boolean {
    const document = parseElement(xml);
    const [alert, ...others] = document?.children ?? [];
    if (alert === undefined || others.length > 0) return false;
    return digest(asSent(alert)) === this.#digests.get(id);
  }
}

/** A document with these alerts. */
export function documentOf(alerts: readonly Alert[]): string {
  const all = alerts.map(({ xml }) => xml).join('\n');
  return `<IDMEF-Message xmlns="http://iana.org/idmef" version="1.0">${all}</IDMEF-Message>`;
}

/** Takes away what the gateway, the manager and xmlmod add to an Alert. */
function asSent(alert: Element): Element {
  const children = alert.children.map((child) =>
    child.name === 'Analyzer' ? withoutOuter(child, ADDED_ANALYZERS) : child,
  );
  return withoutNtpstamps({ ...alert, children });
}

function withoutOuter(analyzer: Element, count: number): Element {
  const inner = analyzer.children.find(({ name }) => name === 'Analyzer');
  if (count === 0 || inner === undefined) return analyzer;
  return withoutOuter(inner, count - 1);
}

/** xmlmod repeats each time as an ntpstamp. */
function withoutNtpstamps(from: Element): Element {
  const attributes = from.attributes.filter(([name]) => name !== 'ntpstamp');
  return { ...from, attributes, children: from.children.map(withoutNtpstamps) };
}

// Only fields, values and spellings that xmlmod writes as they were sent; the other ones are
// compared by test/oracle.

function randomAlert(id: string, size: number, random: Random): Element {
  const some = (share: number, make: () => Element): Element[] =>
    random.chance(share) ? [make()] : [];
  return element('Alert', { messageid: id }, [
    analyzer(random),
    time('CreateTime', random),
    ...some(0.4, () => time('DetectTime', random)),
    // where it is missing, the manager adds the time of arrival
    time('AnalyzerTime', random),
    ...some(0.7, () => source(random)),
    ...some(0.5, () => target(random)),
    element('Classification', { ident: text(random), text: `${id} ${text(random)}` }, [
      ...some(0.3, () => reference(random)),
    ]),
    ...some(0.4, () => assessment(random)),
    additional('string', 'filler', filler(id, size)),
    ...some(0.4, () => additional('integer', text(random), `${random.between(0, 2 ** 31 - 1)}`)),
    ...some(0.3, () => additional('byte-string', text(random), bytes(random))),
  ]);
}

function analyzer(random: Random): Element {
  const own = { analyzerid: 'chaos', name: text(random), class: text(random), version: '1.0' };
  return element('Analyzer', own, random.chance(0.5) ? [node(random), processOf(random)] : []);
}

function time(name: string, random: Random): Element {
  const two = (from: number, to: number): string => `${random.between(from, to)}`.padStart(2, '0');
  const date = `${random.between(2001, 2030)}-${two(1, 12)}-${two(1, 28)}`;
  const fraction = `${random.between(0, 999_999)}`.padStart(6, '0');
  return element(name, {}, `${date}T${two(0, 23)}:${two(0, 59)}:${two(0, 59)}.${fraction}+00:00`);
}

function node(random: Random): Element {
  return element('Node', { ident: text(random), category: random.one(['dns', 'hosts', 'ads']) }, [
    element('location', {}, text(random)),
    element('name', {}, `host-${random.between(0, 9999)}`),
    element('Address', { category: 'ipv4-addr', 'vlan-num': `${random.between(1, 4000)}` }, [
      element('address', {}, `192.0.2.${random.between(1, 254)}`),
    ]),
  ]);
}

function processOf(random: Random): Element {
  return element('Process', { ident: text(random) }, [
    element('name', {}, text(random)),
    element('pid', {}, `${random.between(1, 99_999)}`),
    element('path', {}, `/bin/${text(random)}`),
    ...Array.from({ length: random.between(0, 4) }, () => element('arg', {}, text(random))),
  ]);
}

function source(random: Random): Element {
  return element('Source', { spoofed: random.one(['yes', 'no']), interface: text(random) }, [
    node(random),
    element('User', { category: 'os-device' }, [
      element('UserId', { type: random.one(['target-user', 'user-privs']) }, [
        element('name', {}, text(random)),
        element('number', {}, `${random.between(0, 65_535)}`),
      ]),
    ]),
  ]);
}

function target(random: Random): Element {
  return element('Target', { decoy: random.one(['yes', 'no']) }, [
    node(random),
    processOf(random),
    element('Service', { ip_version: '4', iana_protocol_number: '6', iana_protocol_name: 'tcp' }, [
      element('name', {}, 'http'),
      element('port', {}, '80'),
      element('WebService', {}, [element('url', {}, `http://${text(random)}`)]),
    ]),
  ]);
}

function reference(random: Random): Element {
  const name = element('name', {}, text(random));
  return element('Reference', { origin: 'cve' }, [name, element('url', {}, text(random))]);
}

function assessment(random: Random): Element {
  const impact = {
    severity: random.one(['info', 'low', 'medium', 'high']),
    completion: random.one(['failed', 'succeeded']),
    type: random.one(['admin', 'dos', 'recon']),
  };
  return element('Assessment', {}, [
    element('Impact', impact, text(random)),
    element('Action', { category: 'block-installed' }, text(random)),
  ]);
}

function additional(type: string, meaning: string, value: string): Element {
  return element('AdditionalData', { type, meaning }, [element(type, {}, value)]);
}

const WORDS = ['tcp', 'λόγος', 'a<b', 'x&y', '"q"', 'naïve', "it's", '日本', 'ok', '🐧'] as const;

/** A short text with what XML has to escape, and letters of several bytes. */
function text(random: Random): string {
  const words = Array.from({ length: random.between(1, 3) }, () => random.one(WORDS));
  return `${words.join(' ')} ${random.between(0, 9999)}`;
}

function filler(id: string, size: number): string {
  return `${id} `.repeat(Math.ceil(size / (id.length + 1))).trim();
}

function bytes(random: Random): string {
  const length = random.between(1, 60);
  return Buffer.from(Array.from({ length }, () => random.between(0, 255))).toString('base64');
}
