/** The figures as a table, and whether the goals are met. */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { VERSION } from '../../src/version.ts';
import { BULK, EMPTY, OTHER_BULK, OTHER_SINGLE, type Measured, type Memory } from './measure.ts';
import { median, type Run, type Shares } from './rounds.ts';

/** bytes of a process's resident memory under load */
const RESIDENT_LIMIT = 130e6;
/** what counts as a large document, and how fast those have to be read */
const LARGE_DOCUMENT = 250_000;
const LARGE_BYTES_PER_SECOND = 25e6;

interface Row {
  readonly name: string;
  readonly value: string;
  readonly ratio?: string;
  /** what it has to be; without it there is no goal */
  readonly goal?: string;
  readonly met?: boolean;
}

const whole = (value: number): string => value.toFixed(0);
const two = (value: number): string => value.toFixed(2);
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** What the program says of its version: the line that has one. */
function program(command: string, option: string): string {
  const { stdout, stderr } = spawnSync(command, [option], { encoding: 'utf8' });
  return /^.*\d+\.\d+\.\d+\S*/m.exec(stderr + stdout)?.[0] ?? 'unknown';
}

function machine({ options }: Measured): string {
  return [
    `secef ${VERSION}, Node.js ${process.versions.node}, ${program('apache2', '-v')}, ${program('prelude-manager', '--version')}`,
    `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, load generator included`,
    `medians of ${options.rounds} runs of ${options.seconds} s, 16 clients, keep-alive`,
  ].join('\n');
}

class Table {
  readonly rows: Row[] = [];
  readonly #measured: Measured;

  constructor(measured: Measured) {
    this.#measured = measured;
  }

  middle(variant: string, value: (run: Run) => number): number {
    return median((this.#measured.runs.get(variant) ?? []).map(value));
  }

  rate(variant: string): number {
    return this.middle(variant, ({ perSecond }) => perSecond);
  }

  /** A variant's requests a second, as a ratio of another's. */
  compare(variant: string, base: string, least?: number): void {
    const ratio = this.rate(variant) / this.rate(base);
    this.rows.push({
      name: variant,
      value: `${whole(this.rate(variant))} requests/s`,
      ratio: `${two(ratio)} × ${base}`,
      ...(least !== undefined && { goal: `≥ ${two(least)} ×`, met: ratio >= least }),
    });
  }

  /** Alerts a second of a bulk variant, as a ratio of the empty responder's requests a second. */
  bulk(variant: string, least?: number): void {
    const alerts = this.rate(variant) * BULK;
    const ratio = alerts / this.rate(EMPTY);
    this.rows.push({
      name: variant,
      value: `${whole(alerts)} alerts/s`,
      ratio: `${two(ratio)} × ${EMPTY}`,
      ...(least !== undefined && { goal: `≥ ${two(least)} ×`, met: ratio >= least }),
    });
  }

  /**
   * Processor time of a variant's responder, as a ratio of the empty responder's for a request.
   * @param count of what a request holds
   */
  processor(variant: string, what: string, count: number, most?: number): void {
    const seconds = this.middle(variant, ({ shares }) => shares.gateway) / count;
    const ratio = seconds / this.middle(EMPTY, ({ shares }) => shares.gateway);
    this.rows.push({
      name: `${variant}, processor time of the responder`,
      value: `${whole(seconds * 1e6)} µs ${what}`,
      ratio: `${two(ratio)} × ${EMPTY}`,
      ...(most !== undefined && { goal: `≤ ${two(most)} ×`, met: ratio <= most }),
    });
  }

  refused(): void {
    const bad = [...this.#measured.runs]
      .filter(([variant]) => variant !== OTHER_SINGLE && variant !== OTHER_BULK)
      .flatMap(([, runs]) => runs)
      .reduce((sum, run) => sum + run.bad, 0);
    this.rows.push({
      name: 'answers other than 200',
      value: whole(bad),
      goal: '0',
      met: bad === 0,
    });
  }

  delivered(variant: string): void {
    const rate = this.middle(variant, ({ deliveredPerSecond }) => deliveredPerSecond);
    this.rows.push({
      name: `${variant}, until the manager has all`,
      value: `${whole(rate)} alerts/s`,
    });
  }

  shares(variant: string): void {
    const share = (name: keyof Shares): string =>
      whole(this.middle(variant, ({ shares }) => shares[name]) * 1e6);
    this.rows.push({
      name: `${variant}, µs of processor a request`,
      value: `Apache ${share('apache')}, gateway ${share('gateway')}, prelude-admin ${share('preludeAdmin')}, manager ${share('manager')}`,
    });
  }

  memory({ name, atRest, underLoad, afterLoad }: Memory, limit: number): void {
    const left = afterLoad / atRest;
    this.rows.push({
      name: `resident, ${name}`,
      value: `${megabytes(atRest)} at rest, ${megabytes(underLoad)} under load, ${megabytes(afterLoad)} after`,
      ratio: `${two(left)} × rest`,
      goal: `≤ ${megabytes(limit)}, ≤ 1.20 ×`,
      met: underLoad <= limit && left <= 1.2,
    });
  }
}

function addReading(rows: Row[], { reading }: Measured): void {
  const { reader, sax } = reading;
  rows.push({
    name: 'reading alone, µs of processor a document',
    value: `sax ${whole(sax)}, from bytes to frames ${whole(reader)}`,
    ratio: `${two(reader / sax)} × sax`,
    goal: '≤ 0.75 ×',
    met: reader <= 0.75 * sax,
  });
}

function addLatency(rows: Row[], { latency }: Measured): void {
  rows.push({
    name: 'accepted → in the manager, 100 alerts/s',
    value: `median ${latency.median.toFixed(1)} ms, p99 ${latency.p99.toFixed(1)} ms of ${latency.count}`,
    goal: 'p99 < 100 ms',
    met: latency.p99 < 100,
  });
}

function addSizes(rows: Row[], { sizes }: Measured): void {
  for (const { bytes, bytesPerSecond, resident, bad } of sizes) {
    const least = bytes >= LARGE_DOCUMENT ? LARGE_BYTES_PER_SECOND : 0;
    rows.push({
      name: `--dry-run, body of ${whole(bytes / 1000)} KB`,
      value: `${(bytesPerSecond / 1e6).toFixed(1)} MB/s, ${megabytes(resident)} resident`,
      goal: `0 not 200${least > 0 ? `, ≥ ${whole(least / 1e6)} MB/s` : ''}`,
      met: bad === 0 && bytesPerSecond >= least,
    });
  }
}

function addGrowth(rows: Row[], { growth }: Measured): void {
  const [first] = growth;
  for (const { waiting, perSecond, resident, bad } of growth) {
    const rate = perSecond / (first?.perSecond ?? NaN);
    const memory = resident / (first?.resident ?? NaN);
    rows.push({
      name: `manager down, ${waiting} wait`,
      value: `${whole(perSecond)} requests/s, ${megabytes(resident)}`,
      ratio: `${two(rate)} ×, memory ${two(memory)} ×`,
      goal: '≥ 0.90 ×, ≤ 1.10 ×',
      met: rate >= 0.9 && memory <= 1.1 && bad === 0,
    });
  }
}

function addSoak(rows: Row[], { soaked }: Measured): void {
  if (soaked === undefined) return;
  const { minutes, ok, bad, first, last, most } = soaked;
  rows.push({
    name: `resident, ${minutes} minutes of load, ${ok} alerts`,
    value: `${megabytes(first)} in the first third, ${megabytes(last)} in the last, ${megabytes(most)} at most`,
    ratio: `${two(last / first)} ×`,
    goal: '≤ 1.10 ×',
    met: last <= first * 1.1 && bad === 0,
  });
}

function format(rows: readonly Row[]): string {
  const line = ({ name, value, ratio = '', goal = '', met }: Row): string =>
    `| ${name} | ${value} | ${ratio} | ${goal} | ${met === undefined ? '' : met ? 'yes' : 'NO'} |`;
  return [
    '| | measured | ratio | goal | met |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(line),
  ].join('\n');
}

/** The table, and whether all goals are met. */
export function report(measured: Measured): { readonly text: string; readonly good: boolean } {
  const table = new Table(measured);
  table.rows.push({ name: EMPTY, value: `${whole(table.rate(EMPTY))} requests/s` });
  table.compare('single', EMPTY, 0.75);
  table.processor('single', 'a request', 1, 1);
  table.bulk('bulk', 2.2);
  table.processor('bulk', 'an alert', BULK, 0.4);
  table.compare('single, workers', EMPTY);
  table.processor('single, workers', 'a request', 1);
  table.bulk('bulk, workers');
  table.processor('bulk, workers', 'an alert', BULK);
  if (measured.options.compare !== '') {
    table.compare(OTHER_SINGLE, EMPTY);
    table.processor(OTHER_SINGLE, 'a request', 1);
    table.bulk(OTHER_BULK);
    table.processor(OTHER_BULK, 'an alert', BULK);
  }
  table.compare('TLS', 'single', 0.7);
  table.compare('--valid-dtd', 'single', 0.75);
  table.refused();
  table.delivered('single');
  table.delivered('bulk');
  table.shares(EMPTY);
  table.shares('single');
  table.shares('single, workers');
  table.shares('bulk');
  addReading(table.rows, measured);
  addLatency(table.rows, measured);
  const [one, several] = measured.memory;
  const workers = Number(measured.options.workers);
  if (one !== undefined) table.memory(one, RESIDENT_LIMIT);
  if (several !== undefined) table.memory(several, RESIDENT_LIMIT * (workers + 1));
  addSizes(table.rows, measured);
  addGrowth(table.rows, measured);
  addSoak(table.rows, measured);
  const good = table.rows.every(({ met }) => met !== false);
  return { text: `${machine(measured)}\n\n${format(table.rows)}`, good };
}
