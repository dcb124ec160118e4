/** Alerts whose whole content follows from their messageid, so that a torn one shows. */

/** Messageids of one run. */
export class Names {
  readonly #run: string;
  #count = 0;

  constructor(seed: number) {
    this.#run = `chaos-${seed}-`;
  }

  /** One that was not given before, for an alert with so many characters of text. */
  next(size: number): string {
    // the last letter keeps digits that happen to follow out of it
    return `${this.#run}${this.#count++}-${size}z`;
  }

  /** All that stand in a text, which may be any bytes read as latin1. */
  findIn(text: string): Set<string> {
    return new Set(text.match(new RegExp(`${this.#run}\\d+-\\d+z`, 'g')));
  }

  /** Whether it may be one of this run's. */
  has(id: string): boolean {
    return id.startsWith(this.#run);
  }
}

function filler(id: string): string {
  const size = Number(/-(\d+)z$/.exec(id)?.[1] ?? 0);
  return `${id} `.repeat(Math.ceil(size / (id.length + 1))).trim();
}

/** A document with one Alert for each messageid. */
export function documentOf(ids: readonly string[]): string {
  const all = ids.map(
    (id) => `<Alert messageid="${id}"><Analyzer analyzerid="chaos"/>
<CreateTime>2020-04-30T08:56:06+00:00</CreateTime><Classification text="text of ${id}"/>
<AdditionalData type="string" meaning="filler"><string>${filler(id)}</string></AdditionalData></Alert>`,
  );
  return `<IDMEF-Message xmlns="http://iana.org/idmef" version="1.0">${all.join('\n')}</IDMEF-Message>`;
}

/** Whether an Alert as the manager wrote it has everything that its messageid promises. */
export function isIntact(id: string, xml: string): boolean {
  return xml.includes(`text="text of ${id}"`) && xml.includes(`<string>${filler(id)}</string>`);
}
