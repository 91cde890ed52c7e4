import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openPool } from '../../src/datasource/pool.ts';
import { openAnswerStore } from '../../src/ledger/answers.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { purge } from '../../src/ledger/purge.ts';
import { writeProgress } from '../../src/ledger/step-progress.ts';
import type { MeteredDatasource } from '../../src/server/metrics/ledger-metrics.ts';
import { openMetrics } from '../../src/server/metrics.ts';
import { mariadb, useDatabase } from '../database.ts';
import { metricValue, seriesOf } from './metric-values.ts';
import { storedStatements } from './stored-statements.ts';

const patience = { timeout: 10_000, interval: 100 };

function metricsOf(...datasources: readonly MeteredDatasource[]) {
  const metrics = openMetrics({ version: '1.2.3', datasources });
  onTestFinished(() => metrics.close());
  return metrics;
}

describe('of the server itself', () => {
  it('name the version that runs', async () => {
    const metrics = metricsOf();
    expect(await seriesOf(metrics, 'millrace_build_info')).toEqual([
      `millrace_build_info{version="1.2.3",node="${process.version}"}`,
    ]);
    expect(await metricValue(metrics, 'nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
    expect(metrics.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('count requests by the pattern of their route, whatever their path', async () => {
    const metrics = metricsOf();
    const app = fastify();
    metrics.countRequests(app);
    app.get('/things/:id', async (_request, reply) => reply.code(201).send('made'));
    await app.listen({ port: 0, host: '127.0.0.1' });
    onTestFinished(() => app.close());
    const { port } = app.server.address() as AddressInfo;
    for (const path of ['things/1', 'things/2', 'no/such/path', 'neither'])
      await fetch(`http://127.0.0.1:${port}/${path}`);
    await vi.waitFor(async () => {
      expect(await seriesOf(metrics, 'millrace_http_requests_total')).toEqual([
        'millrace_http_requests_total{method="GET",route="/things/:id",status="201"}',
        'millrace_http_requests_total{method="GET",route="unknown",status="404"}',
      ]);
      expect(
        await metricValue(metrics, 'millrace_http_requests_total{method="GET",route="/things/:id",status="201"}'),
      ).toBe(2);
      expect(
        await metricValue(metrics, 'millrace_http_request_duration_seconds_count{method="GET",route="unknown"}'),
      ).toBe(2);
    }, patience);
  });

  it('count a client that disconnects before its answer, and requests in progress', async () => {
    const metrics = metricsOf();
    const app = fastify();
    metrics.countRequests(app);
    app.get('/slow', () => new Promise(() => {}));
    await app.listen({ port: 0, host: '127.0.0.1' });
    onTestFinished(() => app.close());
    const client = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    await once(client, 'connect');
    client.write('GET /slow HTTP/1.1\r\nHost: here\r\n\r\n');
    const open = 'millrace_http_requests_in_flight{route="/slow"}';
    await vi.waitFor(async () => expect(await metricValue(metrics, open)).toBe(1), patience);
    client.destroy();
    await vi.waitFor(async () => expect(await metricValue(metrics, open)).toBe(0), patience);
    expect(await metricValue(metrics, 'millrace_http_requests_total{method="GET",route="/slow",status="499"}')).toBe(1);
  });

  it('time the phases of requests', async () => {
    const metrics = metricsOf();
    metrics.observePhase('plan', 0.02);
    expect(await metricValue(metrics, 'millrace_statement_phase_seconds_bucket{le="0.01",phase="plan"}')).toBe(0);
    expect(await metricValue(metrics, 'millrace_statement_phase_seconds_bucket{le="0.03",phase="plan"}')).toBe(1);
    expect(await metricValue(metrics, 'millrace_statement_phase_seconds_count{phase="queue"}')).toBe(0);
  });
});

describe('of datasources', () => {
  const database = useDatabase(mariadb);
  const stored = storedStatements(database);
  const datasource = (name = 'default'): MeteredDatasource => ({
    name,
    pool: database.pool,
    get: () => ({ schema: database.systemSchema }),
  });
  beforeEach(() => migrate(database.pool, database.systemSchema));
  afterEach(async () => {
    for (const name of ['statements', 'transitions', 'selections', 'partitions', 'model_counts']) {
      await stored.query(`DELETE FROM ${stored.table(name)}`);
    }
  });

  it('start with every verb and end at 0, so that the first of each is an increase', async () => {
    await stored.move(await stored.add(['sql', 'run'], 'running'), 'failed');
    const series = await seriesOf(metricsOf(datasource()), 'millrace_statements_total');
    expect(series.length).toBe(48);
    expect(
      await metricValue(
        metricsOf(datasource()),
        labelled('millrace_statements_total', 'verb="program",state="failed",error="run"'),
      ),
    ).toBe(1);
    expect(
      await metricValue(
        metricsOf(datasource()),
        labelled('millrace_statements_total', 'verb="run",state="failed",error="run"'),
      ),
    ).toBe(0);
  });

  it('follow a statement from its start to its end', async () => {
    const metrics = metricsOf(datasource('warehouse'));
    const of = (name: string, labels: string) =>
      metricValue(metrics, `millrace_${name}{datasource="warehouse",${labels}}`);
    const id = await stored.add(['run']);
    await vi.waitFor(async () => expect(await of('statements', 'state="queued"')).toBe(1), patience);
    await stored.move(id, 'running');
    const selection = await stored.select(id, 2);
    await stored.work(selection, { done: 6, failed: 1 });
    await stored.ask(selection, 5, 2);
    await vi.waitFor(
      async () => expect(await of('statement_rows_done', `statement="${id}",step="step-1"`)).toBe(6),
      patience,
    );
    expect(await of('statements', 'state="queued"')).toBe(0);
    expect(await of('statements', 'state="running"')).toBe(1);
    const labels = `statement="${id}",step="step-1"`;
    expect(await of('statement_state', `statement="${id}",verb="run",state="running"`)).toBe(1);
    expect(await of('statement_rows', labels)).toBe(20);
    expect(await of('statement_rows_failed', labels)).toBe(1);
    expect(await of('statement_batch_seconds', `${labels},stage="infer"`)).toBe(0.25);
    expect(await of('statement_partitions', `${labels},state="pending"`)).toBe(1);
    for (const [name, count] of [
      ['asked', 5],
      ['decided', 1],
      ['reused', 2],
    ]) {
      expect(await of(`statement_model_${name}`, `${labels},position="1"`)).toBe(count);
    }
    expect(await of('partition_rows_done', `${labels},partition="0"`)).toBe(6);
    expect(await of('partition_rows_done', `${labels},partition="1"`)).toBe(null);
    const now = Date.now() / 1000;
    expect(await of('statement_last_progress_timestamp_seconds', `statement="${id}"`)).toBeGreaterThan(now - 30);
    expect(await metricValue(metrics, 'millrace_rows_done_total{datasource="warehouse"}')).toBe(6);
    expect(await metricValue(metrics, 'millrace_batch_seconds_total{datasource="warehouse",stage="decode"}')).toBe(0.1);
    expect(await of('questions_total', 'answered="model"')).toBe(3);
    expect(await of('questions_total', 'answered="store"')).toBe(2);
    await stored.move(id, 'succeeded');
    await vi.waitFor(
      async () => expect(await of('statements_total', 'verb="run",state="succeeded",error=""')).toBe(1),
      patience,
    );
    expect(await of('statements', 'state="running"')).toBe(0);
    expect(await of('statement_state', `statement="${id}",verb="run",state="succeeded"`)).toBe(1);
    expect(await metricValue(metrics, 'millrace_statement_phase_seconds_count{phase="run"}')).toBe(1);
  });

  it('tell how far trainings are, and what became of the trials of a search', async () => {
    const id = await stored.add(['train'], 'running');
    const columns = 'statement_id, step, trial_no, estimator, parameters, state, units_due, units_most';
    const trials = ['open', 'paused', 'paused', 'failed'].map((state, at) => [
      id,
      'step-1',
      at,
      'stub',
      '{}',
      state,
      2,
      4,
    ]);
    await stored.query(`INSERT INTO ${stored.table('trials')} (${columns}) VALUES ?`, [trials]);
    await writeProgress(
      database.pool,
      database.systemSchema,
      { statement: id, step: 'step-1' },
      {
        ...{ unit: 'unit', done: 5, total: 8, metrics: {} },
      },
    );
    const metrics = metricsOf(datasource());
    const labels = `datasource="default",statement="${id}",step="step-1"`;
    expect(await metricValue(metrics, `millrace_statement_training_done{${labels},unit="unit"}`)).toBe(5);
    expect(await metricValue(metrics, `millrace_statement_training_total{${labels},unit="unit"}`)).toBe(8);
    for (const [state, count] of Object.entries({ open: 1, paused: 2, failed: 1 }))
      expect(await metricValue(metrics, `millrace_statement_trials{${labels},state="${state}"}`)).toBe(count);
    expect(
      await metricValue(
        metrics,
        `millrace_statement_state{datasource="default",statement="${id}",verb="train",state="running"}`,
      ),
    ).toBe(1);
    await stored.query(`DELETE FROM ${stored.table('trials')}`);
    await stored.query(`DELETE FROM ${stored.table('step_progress')}`);
  });

  it('count answers of models that were stored and used, also after a purge', async () => {
    const { pool, systemSchema } = database;
    const log = { warn: expect.unreachable };
    const answer = { floor: 0.1, scores: new Map([[3, [0.5]]]) };
    const key = { modelDigest: 'a'.repeat(64), width: 320, height: 320, iou: 0.7, settings: '{}' };
    const keys = [1, 2, 3].map((number) => ({ ...key, imageDigest: String(number).repeat(64) }));
    const counted = async (metrics: ReturnType<typeof metricsOf>) =>
      Promise.all(
        ['stored', 'reused'].map((what) =>
          metricValue(metrics, `millrace_answers_${what}_total{datasource="default"}`),
        ),
      );
    const early = metricsOf(datasource());
    expect(await counted(early)).toEqual([0, 0]);
    const answers = openAnswerStore(pool, systemSchema, { log });
    await answers.write(keys.slice(1).map((key) => ({ key, answer })));
    await answers.read(keys, 0.25);
    await answers.read(keys, 0.05);
    await answers.close();
    await vi.waitFor(async () => expect(await counted(early)).toEqual([2, 2]), patience);
    await purge(pool, systemSchema, '2100-01-01 00:00:00');
    expect(await answers.read(keys, 0.25)).toEqual([null, null, null]);
    expect(await counted(metricsOf(datasource()))).toEqual([2, 2]);
  });

  it('have series for at most 50 statements and 200 partitions, running ones first', async () => {
    const running = await stored.add(['run'], 'running');
    await stored.query(`UPDATE ${stored.table('partitions')} SET state = 'running' WHERE selection_id = ?`, [
      await stored.select(running, 250),
    ]);
    for (let number = 0; number < 60; number++) await stored.add(['sql']);
    const metrics = metricsOf(datasource());
    const states = await seriesOf(metrics, 'millrace_statement_state');
    expect(states.length).toBe(50);
    expect(states[0]).toContain(running);
    expect((await seriesOf(metrics, 'millrace_partition_rows')).length).toBe(200);
    expect(await metricValue(metrics, 'millrace_statements{datasource="default",state="queued"}')).toBe(60);
  });

  it('report when a statement over rows last made progress, and nothing about others', async () => {
    for (const kinds of [['sql'], ['foreign'], ['sql', 'run']]) await stored.add(kinds, 'running');
    const metrics = metricsOf(datasource());
    const least = 'millrace_least_recent_progress_timestamp_seconds{datasource="default"}';
    const age = async () => Date.now() / 1000 - ((await metricValue(metrics, least)) ?? Number.NaN);
    expect(await metricValue(metrics, least)).toBe(null);
    const [waiting, working] = [await stored.add(['run'], 'running'), await stored.add(['run'], 'running')];
    await stored.work(await stored.select(working, 1), { done: 1 });
    await stored.query(
      `UPDATE ${stored.table('transitions')} SET at = at - INTERVAL 1 HOUR WHERE statement_id IN (?)`,
      [[waiting, working]],
    );
    await vi.waitFor(async () => expect(await age()).toBeGreaterThan(3500), patience);
    expect((await seriesOf(metrics, 'millrace_statement_last_progress_timestamp_seconds')).length).toBe(2);
    await stored.move(waiting, 'cancelling');
    await vi.waitFor(async () => expect(await age()).toBeLessThan(60), patience);
  });

  it('keep earlier figures while the database does not answer, and report that', async () => {
    await stored.move(await stored.add(['sql'], 'running'), 'succeeded');
    const pool = openPool(database.datasource, { connections: 1 });
    onTestFinished(() => pool.end());
    const metrics = metricsOf({ ...datasource(), pool });
    const succeeded = labelled('millrace_statements_total', 'verb="sql",state="succeeded",error=""');
    expect(await metricValue(metrics, succeeded)).toBe(1);
    expect(await metricValue(metrics, 'millrace_datasource_up{datasource="default"}')).toBe(1);
    expect(await metricValue(metrics, 'millrace_database_connections_open{datasource="default"}')).toBe(1);
    const taken = await pool.getConnection();
    onTestFinished(() => taken.release());
    await vi.waitFor(
      async () => expect(await metricValue(metrics, 'millrace_datasource_up{datasource="default"}')).toBe(0),
      patience,
    );
    expect(await metricValue(metrics, succeeded)).toBe(1);
    expect(await metricValue(metrics, 'millrace_database_connections_idle{datasource="default"}')).toBe(0);
    expect(await metricValue(metrics, 'millrace_database_requests_waiting{datasource="default"}')).toBe(1);
  });

  it('cover the datasources that are open', async () => {
    const closed = {
      ...datasource('closed'),
      get() {
        throw new Error('not open yet');
      },
    };
    const metrics = metricsOf(datasource('open'), closed);
    expect(await metricValue(metrics, 'millrace_datasource_up{datasource="closed"}')).toBe(0);
    expect(await metricValue(metrics, 'millrace_datasource_up{datasource="open"}')).toBe(1);
    expect(await seriesOf(metrics, 'millrace_rows_done_total')).toEqual([
      'millrace_rows_done_total{datasource="open"}',
    ]);
  });
});

function labelled(name: string, labels: string): string {
  return `${name}{datasource="default",${labels}}`;
}
