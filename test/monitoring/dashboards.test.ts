import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeProgress } from '../../src/ledger/step-progress.ts';
import { readManifest } from '../deploy/read-manifest.ts';
import { useServer } from '../server/use-server.ts';
import { codeRows, dashboards, rarePanels, readme, ruleFiles, rules, targetsOf } from './deployed.ts';
import { prometheusFolder, type StartedPrometheus, startPrometheus } from './prometheus.ts';
import { replay } from './replay.ts';
import { storedStatements } from './stored-statements.ts';

const patience = { timeout: 60_000, interval: 200 };

describe.skipIf(prometheusFolder === null)('with a Prometheus that scrapes two busy servers', () => {
  const server = useServer();
  const replays: { close(): void }[] = [];
  let prometheus: StartedPrometheus;
  let statement: string;
  let from: number;
  let to: number;

  beforeAll(async () => {
    const other = await server.another();
    const argo = await replay(() => fixture('argo-controller-metrics.txt'));
    const gpus = fixture('dcgm-exporter-metrics.txt');
    const dcgm = await replay(() => gpus.replaceAll('"POD"', `"millrace-${statement}-1-worker-2418"`));
    replays.push(argo, dcgm);
    prometheus = await startPrometheus(
      configuration({
        'millrace-server': [host(server.server.url), host(other.url)],
        'argo-workflow-controller': [argo.target],
        'dcgm-exporter': [dcgm.target],
      }),
    );
    from = seconds();
    await until('count(millrace_statements_total) == 96 and on () count(up == 1) == 4');
    await work();
    await until(`sum(millrace_statements_total{state="succeeded"}) == 10`);
    // A rate is told of series that were there before: those of requests are since the first of each kind was scraped.
    // Both servers count every statement.
    await server.run('SELECT 3');
    await until(`sum(millrace_statements_total{state="succeeded"}) == 12`);
    to = seconds();
  }, 180_000);
  afterAll(async () => {
    await prometheus?.stop();
    for (const each of replays) each.close();
  });

  const until = (condition: string) =>
    vi.waitFor(async () => expect((await prometheus.now(condition)).length, condition).toBe(1), patience);

  /** Statements of all kinds and ends, requests that go wrong, and one statement that takes its time. */
  async function work(): Promise<void> {
    await server.run('SELECT 1');
    await server.run('SELECT * FROM missing');
    await server.run('SELECT 1; SELECT 2');
    await server.run("CREATE MODEL seer FROM '/models/demo.onnx'");
    await server.run(find);
    await server.json('POST', '/v1/statements', { body: { sql: 'SELECT 1 TO' } });
    await server.ask('GET', '/nowhere');
    const { body } = await server.json('POST', '/v1/statements', { body: { sql: detect, wait: 0 } });
    statement = body.id;
    await pretendToTrain();
    const events = await server.ask('GET', `/v1/statements/${statement}/events`);
    await events.text();
  }

  /** A stand-in for the trainer, which needs Python: the statement's ledger says that it searches as well. */
  async function pretendToTrain(): Promise<void> {
    const stored = storedStatements(server.database);
    const columns = 'statement_id, step, trial_no, estimator, parameters, state, units_due, units_most';
    const trials = ['open', 'stopped'].map((state, at) => [statement, 'step-1', at, 'stub', '{}', state, 2, 4]);
    await stored.query(`INSERT INTO ${stored.table('trials')} (${columns}) VALUES ?`, [trials]);
    const progress = { unit: 'unit', done: 5, total: 8, metrics: {} } as const;
    await writeProgress(server.database.pool, server.database.systemSchema, { statement, step: 'step-1' }, progress);
  }

  it.each(dashboards.flatMap((dashboard) => targetsOf(dashboard).map((target) => ({ uid: dashboard.uid, ...target }))))(
    '$uid: "$panel" $legendFormat is answered',
    async ({ panel, expr }) => {
      const expression = expr.replaceAll('$__rate_interval', '5s').replaceAll('$statement', statement);
      const series = await prometheus.range(expression, from, to);
      if (rarePanels.includes(panel)) return;
      expect(series.filter(({ values }) => values.some(Number.isFinite)).length, expression).toBeGreaterThan(0);
    },
  );

  it.each(rules.map(({ alert, record, expr }) => ({ name: alert ?? record, expr })))(
    '$name asks for what there is',
    async ({ expr }) => {
      await prometheus.now(expr);
      for (const metric of new Set(expr.match(/\b(?:millrace_|argo_|nodejs_)\w+|\bup\b/g) ?? [])) {
        expect(await prometheus.range(metric, from, to), metric).not.toEqual([]);
      }
    },
  );

  it('no alert fires during normal operation', async () => {
    expect(await prometheus.now('ALERTS{alertstate="firing"}')).toEqual([]);
  });

  it('both replicas report the same about statements and workers', async () => {
    for (const metric of [
      'millrace_statements_total',
      'millrace_rows_done_total',
      'millrace_rows_failed_total',
      'millrace_outputs_total',
      'millrace_partition_retries_total',
      'millrace_batch_seconds_total',
      'millrace_answers_stored_total',
      'millrace_answers_reused_total',
    ]) {
      const [least, most] = ['min', 'max'].map((of) => `${of} by (datasource, verb, state, error, stage) (${metric})`);
      const differences = (await prometheus.now(`${most} - ${least}`)).map(({ value }) => value);
      expect(differences.length, metric).toBeGreaterThan(0);
      expect(
        differences.filter((value) => value > 1e-6),
        metric,
      ).toEqual([]);
    }
    expect((await prometheus.now('max(millrace_rows_done_total)'))[0]?.value).toBe(208);
  });

  it('every phase is timed', async () => {
    const phases = await prometheus.now('sum by (phase) (millrace_statement_phase_seconds_count) > 0');
    expect(phases.map(({ metric }) => metric.phase).toSorted()).toEqual(['parse', 'plan', 'queue', 'run', 'submit']);
  });

  it('no text of a user is exposed', async () => {
    const text = await (await server.ask('GET', '/metrics', { user: null })).text();
    expect(text).toContain(statement);
    for (const word of ['ada', 'shot', 'watched', 'seer', 'seen', 'nowhere', server.database.name]) {
      expect(text).not.toMatch(new RegExp(`\\b${word}\\b`));
    }
  });

  it('the page describes the labels correctly', async () => {
    const shown = codeRows(readme('dashboards')).filter(([name]) => name?.startsWith('`millrace_'));
    const ofScrape = ['__name__', 'instance', 'job', 'le'];
    for (const [name = '', , labels = ''] of shown) {
      const suffix = name.includes('_seconds`') && (await isHistogram(name)) ? '_bucket' : '';
      const found = await prometheus.labelsOf(`${name.replaceAll('`', '')}${suffix}`);
      const written = labels === '' ? [] : labels.replaceAll('`', '').split(', ').toSorted();
      expect(
        found.filter((label) => !ofScrape.includes(label)),
        name,
      ).toEqual(written);
    }
  });

  async function isHistogram(name: string): Promise<boolean> {
    return (await prometheus.labelsOf(`${name.replaceAll('`', '')}_bucket`)).length > 0;
  }
});

/** That of the quick-start with other targets, and much quicker. */
function configuration(targets: Readonly<Record<string, readonly string[]>>) {
  const deployed = readManifest('quick-start.yaml').find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'prometheus',
  );
  const { scrape_configs: jobs } = load(deployed?.data['prometheus.yml']) as { scrape_configs: { job_name: string }[] };
  // The quick-start has no GPUs: chart/templates/_prometheus-config.tpl.
  const known = [...jobs.map(({ job_name }) => job_name), 'dcgm-exporter'];
  expect(known).toEqual(expect.arrayContaining(Object.keys(targets)));
  return {
    global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '1s' },
    rule_files: ruleFiles,
    scrape_configs: Object.entries(targets).map(([job_name, hosts]) => ({
      job_name,
      static_configs: [{ targets: hosts }],
    })),
  };
}

const detect = `SELECT * FROM shot ORDER BY id LIMIT 200
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets", "--image_size=160"
WITH partitions = 2, commit_rows = 1
INTO watched;`;

const find = `SELECT * FROM shot ORDER BY id LIMIT 8
TO FIND person WITH image_dir = "/datasets" USING seer
INTO seen;`;

function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
}

function host(url: string): string {
  return new URL(url).host;
}

function seconds(): number {
  return Date.now() / 1000;
}
