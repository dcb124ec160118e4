/** Prometheus' text format, version 0.0.4. */
import type { HistogramFigures } from './histogram.ts';

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [Labels, number];

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

function escapeLabel(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
}

/** Collects metrics, each with what it means, and gives the text. */
export class Exposition {
  readonly #lines: string[] = [];

  /** A number that only grows until the gateway is started again; its name ends with _total. */
  counter(name: string, help: string, samples: readonly Sample[]): void {
    this.#family(name, 'counter', help, samples);
  }

  /** A number of this moment. */
  gauge(name: string, help: string, samples: readonly Sample[]): void {
    this.#family(name, 'gauge', help, samples);
  }

  histogram(name: string, help: string, { bounds, counts, sum }: HistogramFigures): void {
    this.#head(name, 'histogram', help);
    let count = 0;
    counts.forEach((inBucket, index) => {
      count += inBucket;
      const le = bounds[index];
      this.#lines.push(
        line(`${name}_bucket`, { le: le === undefined ? '+Inf' : String(le) }, count),
      );
    });
    this.#lines.push(line(`${name}_sum`, {}, sum), line(`${name}_count`, {}, count));
  }

  toString(): string {
    return this.#lines.map((text) => `${text}\n`).join('');
  }

  #family(name: string, type: string, help: string, samples: readonly Sample[]): void {
    this.#head(name, type, help);
    for (const [labels, value] of samples) this.#lines.push(line(name, labels, value));
  }

  /** @param help one line without a backslash */
  #head(name: string, type: string, help: string): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  }
}

/** The one sample of a metric without labels; none if there is no value. */
export function single(value: number | undefined): Sample[] {
  return value === undefined ? [] : [[{}, value]];
}
