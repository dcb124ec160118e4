import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from './cleanup.ts';
import { isRecord } from './narrow.ts';
import { freePort } from './ports.ts';
import { Service } from './processes.ts';
import { inProject } from './root.ts';
import { tempFolder } from './temp.ts';
import { tool } from './tools.ts';

/** A real Prometheus that scrapes one target every second. */
export class Prometheus {
  readonly #service: Service;
  readonly #url: string;

  constructor(service: Service, url: string) {
    this.#service = service;
    this.#url = url;
  }

  /** What a query gives: the labels of each series, and its value. */
  async query(expression: string): Promise<{ labels: unknown; value: number }[]> {
    const data = await this.#ask(`query?query=${encodeURIComponent(expression)}`);
    const { result } = isRecord(data) ? data : {};
    return (Array.isArray(result) ? result : []).map((series: unknown) => {
      const { metric, value } = isRecord(series) ? series : {};
      return { labels: metric, value: Number(Array.isArray(value) ? value[1] : NaN) };
    });
  }

  /** The alerts that its rules can give: "name: state of the rule's health". */
  async rules(): Promise<string[]> {
    const data = await this.#ask('rules');
    const { groups } = isRecord(data) ? data : {};
    return (Array.isArray(groups) ? groups : []).flatMap((group: unknown) => {
      const { rules } = isRecord(group) ? group : {};
      return (Array.isArray(rules) ? rules : []).map((rule: unknown) =>
        isRecord(rule) ? `${String(rule['name'])}: ${String(rule['health'])}` : '',
      );
    });
  }

  /** State and last output, for error messages. */
  describe(): string {
    return this.#service.describe();
  }

  async #ask(what: string): Promise<unknown> {
    const answer: unknown = await (await fetch(`${this.#url}/api/v1/${what}`)).json();
    if (!isRecord(answer) || answer['status'] !== 'success')
      throw new Error(`Prometheus, ${what}: ${JSON.stringify(answer)}`);
    return answer['data'];
  }
}

/** Starts a Prometheus that scrapes this port of 127.0.0.1 as the README says. */
export async function startPrometheus(scope: Scope, target: number): Promise<Prometheus> {
  const dir = tempFolder(scope);
  const config = join(dir, 'prometheus.yml');
  mkdirSync(join(dir, 'data'));
  writeFileSync(
    config,
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: ['${inProject('conf/prometheus-rules.yml')}']
scrape_configs:
  - job_name: secef
    static_configs:
      - targets: ['127.0.0.1:${target}']
`,
  );
  const port = await freePort();
  const service = new Service(scope, tool('prometheus', 'prometheus'), [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(dir, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  const url = `http://127.0.0.1:${port}`;
  await service.waitFor(
    () =>
      fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    60_000,
    'ready Prometheus',
  );
  return new Prometheus(service, url);
}
