/** What Prometheus makes of /metrics, and whether rules and dashboard ask for what there is. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { curl, postFile, postText } from '../helpers/curl.ts';
import { alerts, corpus, corpusText, messageids } from '../helpers/documents.ts';
import { startPrometheus } from '../helpers/prometheus.ts';
import { inProject } from '../helpers/root.ts';
import { mustRun, run } from '../helpers/run.ts';
import { startWay } from '../helpers/setup.ts';
import { tool } from '../helpers/tools.ts';
import { until } from '../helpers/until.ts';

const promtool = tool('promtool', 'prometheus');
const RULES = inProject('conf/prometheus-rules.yml');
const DASHBOARD = inProject('conf/grafana-dashboard.json');
const { apache, manager } = await startWay({ after }, 'sys-prometheus');

/** Every metric that a text of PromQL names. */
function named(text: string): string[] {
  return [...text.matchAll(/\b(?:secef|process|nodejs)_\w+/g)].map(([name]) => name);
}

/** The series that a page of metrics can have, with those that histograms are made of. */
function offered(metrics: string): Set<string> {
  const names = new Set<string>();
  for (const [, name = '', type] of metrics.matchAll(/^# TYPE (\w+) (\w+)$/gm))
    if (type === 'histogram')
      for (const part of ['bucket', 'sum', 'count']) names.add(`${name}_${part}`);
    else names.add(name);
  return names;
}

/** What the panels ask for, with Grafana's variables replaced as Grafana does it. */
function expressionsOf(file: string): string[] {
  const found: string[] = [];
  JSON.parse(readFileSync(file, 'utf8'), (key, value: unknown) => {
    if (key === 'expr') found.push(String(value));
    return value;
  });
  assert.ok(found.length > 20);
  return found.map((expression) =>
    expression
      .replaceAll('$job', 'secef')
      .replaceAll('$instance', '.*')
      .replaceAll('$__rate_interval', '1m'),
  );
}

test('promtool has nothing to say against /metrics', async () => {
  assert.equal((await postText(apache.url, alerts(['p']))).status, 200);
  const { body } = await curl(`${apache.url}metrics`, []);
  const { code, stdout, stderr } = await run(promtool, ['check', 'metrics'], { input: body });
  assert.deepEqual([code, stdout, stderr], [0, '', '']);
});

test('promtool: the rules are right and fire when they should', async () => {
  await mustRun(promtool, ['check', 'rules', RULES]);
  await mustRun(promtool, ['test', 'rules', inProject('test/monitor/prometheus-rules.test.yml')]);
});

test('each metric of the rules and the dashboard is there', async () => {
  const { body } = await curl(`${apache.url}metrics`, []);
  const there = offered(body);
  const asked = [RULES, DASHBOARD].flatMap((file) => named(readFileSync(file, 'utf8')));
  assert.ok(new Set(asked).size > 20);
  assert.deepEqual(
    asked.filter((name) => !there.has(name)),
    [],
  );
});

test('a real Prometheus scrapes through Apache and has the true counts', async (t) => {
  const before = await curl(`${apache.url}metrics`, []);
  const counted = Number(/^secef_messages_total\{kind="alert"\} (\d+)$/m.exec(before.body)?.[1]);
  const prometheus = await startPrometheus(t, apache.port);
  for (let number = 0; number < 4; number++)
    assert.equal((await postText(apache.url, alerts([`s${number}`, `t${number}`]))).status, 200);
  const heartbeat = 'rfc-7.7-heartbeat.xml';
  assert.equal((await postFile(apache.url, corpus(heartbeat))).status, 200);
  assert.equal((await postText(apache.url, '<')).status, 400);
  await manager.waitForMessages(counted + 8 + messageids(corpusText(heartbeat)).length, 30_000);
  const expected = [
    ['secef_messages_total{kind="alert"}', counted + 8],
    ['secef_messages_total{kind="heartbeat"}', 1],
    ['sum(secef_rejected_total)', 1],
    ['sum(secef_requests_total)', counted + 6],
    ['secef_request_duration_seconds_count', counted + 6],
    ['secef_manager_reachable', 1],
    ['up{job="secef"}', 1],
    ['count(ALERTS{alertname!="SecefNotReady"}) or vector(0)', 0],
  ] as const;
  for (const [query, value] of expected)
    await until(
      async () => {
        const found = await prometheus.query(query);
        return found.length === 1 && found[0]?.value === value;
      },
      30_000,
      () => `${query} is not ${value}; ${prometheus.describe()}`,
    );
  for (const expression of expressionsOf(DASHBOARD)) await prometheus.query(expression);
  const rules = await prometheus.rules();
  assert.equal(rules.length, 8);
  assert.deepEqual(
    rules.filter((rule) => !rule.endsWith(': ok')),
    [],
  );
});
