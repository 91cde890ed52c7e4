import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ruleFiles, rules } from './deployed.ts';
import { prometheusFolder } from './prometheus.ts';

/** Series and their values, one a minute, in promtool's notation: `0+1x30` is 0, 1, … 30. */
type Input = Readonly<Record<string, string>>;

interface Case {
  readonly fires: Input;
  /** min; it fires then */
  readonly at: number;
  /** With these it does not, then and later. */
  readonly quiet: readonly Input[];
}

const server = (instance: string) => `up{job="millrace-server",instance="${instance}"}`;
const ended = (state: string, instance = 'a', error = state === 'failed' ? 'run' : '') =>
  `millrace_statements_total{datasource="default",verb="run",state="${state}",error="${error}",instance="${instance}"}`;
const mistaken = ended('failed', 'a', 'statement');
const queued = 'millrace_statements{datasource="default",state="queued"}';
const requests = (status: string) => `millrace_http_requests_total{route="/v1/statements",status="${status}"}`;
const progress = 'millrace_least_recent_progress_timestamp_seconds{datasource="default"}';
const lag = 'nodejs_eventloop_lag_p99_seconds{job="millrace-server",instance="a"}';
const waiting = 'millrace_database_requests_waiting{datasource="default",instance="a"}';
const argoErrors = 'argo_workflows_error_count{cause="OperationPanic"}';
const argoQueue = 'argo_workflows_queue_depth_gauge{queue_name="workflow_queue"}';
const argoPods = 'argo_workflows_pods_gauge{phase="Pending"}';

const cases: Readonly<Record<string, Case>> = {
  MillraceServerDown: {
    fires: { [server('a')]: '1x5 0x20', [server('b')]: '1x5 0x20' },
    at: 10,
    // One of two; and a restart of a minute.
    quiet: [{ [server('a')]: '0x30', [server('b')]: '1x30' }, { [server('a')]: '1x5 0 1x30' }],
  },
  MillraceReplicaDown: {
    fires: { [server('a')]: '0x30', [server('b')]: '1x30' },
    at: 15,
    quiet: [
      { [server('a')]: '1x30', [server('b')]: '1x30' },
      { [server('a')]: '0x30', [server('b')]: '0x30' },
    ],
  },
  MillraceDatasourceDown: {
    fires: { 'millrace_datasource_up{datasource="default"}': '1x5 0x20' },
    at: 15,
    quiet: [{ 'millrace_datasource_up{datasource="default"}': '1x5 0x2 1x30' }],
  },
  MillraceConnectionsExhausted: {
    fires: { [waiting]: '3x30' },
    at: 15,
    quiet: [{ [waiting]: '3x4 0 3x4 0 3x4 0 3x4 0' }],
  },
  MillraceEventLoopBlocked: { fires: { [lag]: '0.9x30' }, at: 15, quiet: [{ [lag]: '0.02x10 2 0.02x20' }] },
  MillraceStatementsFailing: {
    fires: { [ended('succeeded')]: '0+1x60', [ended('failed')]: '0+1x60', [ended('failed', 'b')]: '0+1x60' },
    at: 30,
    quiet: [
      { [ended('succeeded')]: '0+9x60', [ended('failed')]: '0+1x60' },
      // All failed, but only one did.
      { [ended('succeeded')]: '0x60', [ended('failed')]: '0x20 1x40' },
      { [ended('succeeded')]: '0x60', [ended('cancelled')]: '0+5x60', [ended('failed')]: '0x60' },
      { [ended('succeeded')]: '0+9x60', [mistaken]: '0+90x60', [ended('failed')]: '0+1x60' },
    ],
  },
  MillraceQueueGrowing: {
    fires: { [queued]: '0+2x60' },
    at: 40,
    quiet: [{ [queued]: '100-1x60' }, { [queued]: '8x60' }],
  },
  // The clock of the tests begins at 0: what made progress at 0 has waited for as long as the test runs.
  MillraceNoProgress: { fires: { [progress]: '0x60' }, at: 15, quiet: [{ [progress]: '0+60x60' }, {}] },
  MillraceApiBudgetBurnsFast: {
    fires: { [requests('200')]: '0+95x120', [requests('500')]: '0+5x120' },
    at: 70,
    // It is over; too little; the client's fault.
    quiet: [
      { [requests('200')]: '0+50x50 2500+100x50', [requests('500')]: '0+50x50 2500x50' },
      { [requests('200')]: '0+1000x120', [requests('500')]: '0+1x120' },
      { [requests('200')]: '0+1x120', [requests('404')]: '0+50x120', [requests('500')]: '0x120' },
    ],
  },
  MillraceApiBudgetBurnsSlowly: {
    fires: { [requests('200')]: '0+990x420', [requests('500')]: '0+10x420' },
    at: 400,
    quiet: [{ [requests('200')]: '0+1000x420', [requests('500')]: '0+1x420' }],
  },
  MillraceStatementBudgetBurnsFast: {
    fires: { [ended('succeeded')]: '0+80x120', [mistaken]: '0+1000x120', [ended('failed')]: '0+20x120' },
    at: 70,
    quiet: [{ [ended('succeeded')]: '0+90x120', [mistaken]: '0+90x120', [ended('failed')]: '0+10x120' }],
  },
  MillraceStatementBudgetBurnsSlowly: {
    fires: { [ended('succeeded')]: '0+90x420', [ended('failed')]: '0+10x420' },
    at: 400,
    quiet: [{ [ended('succeeded')]: '0+97x420', [mistaken]: '0+97x420', [ended('failed')]: '0+3x420' }],
  },
  ArgoControllerDown: {
    fires: { 'up{job="argo-workflow-controller"}': '1 0x20' },
    at: 10,
    quiet: [{ 'up{job="argo-workflow-controller"}': '1 0x3 1x20' }, {}],
  },
  ArgoControllerErrors: { fires: { [argoErrors]: '0x5 1x20' }, at: 10, quiet: [{ [argoErrors]: '7x30' }] },
  ArgoQueueStands: {
    fires: { [argoQueue]: '60x30' },
    at: 20,
    quiet: [{ [argoQueue]: '60x5 0 60x5 0 60x5 0 60x5' }],
  },
  ArgoPodsWait: { fires: { [argoPods]: '2x40' }, at: 30, quiet: [{ [argoPods]: '2x10 0 2x10 0 2x10' }] },
};

it('every alert has a case', () => {
  expect(Object.keys(cases).toSorted()).toEqual(rules.flatMap(({ alert }) => alert ?? []).toSorted());
});

describe.skipIf(prometheusFolder === null)('evaluated by promtool,', () => {
  it.each(Object.entries(cases))('%s fires when it should', async (alert, { fires, at }) => {
    await promtool([{ interval: '1m', input_series: series(fires), promql_expr_test: [firing(alert, at, true)] }]);
  });

  it.each(Object.entries(cases))('%s is quiet when it should be', async (alert, { at, quiet }) => {
    const times = [at, at + 5, at + 10];
    await promtool(
      quiet.map((input) => ({
        interval: '1m',
        input_series: series(input),
        promql_expr_test: times.map((at) => firing(alert, at, false)),
      })),
    );
  });

  it('MillraceNoProgress names the statements', async () => {
    const { annotations } = rules.find(({ alert }) => alert === 'MillraceNoProgress')!;
    const own = 'millrace_statement_last_progress_timestamp_seconds';
    await promtool([
      {
        interval: '1m',
        input_series: series({
          [progress]: '0x60',
          [`${own}{datasource="default",statement="stands"}`]: '0x60',
          [`${own}{datasource="default",statement="moves"}`]: '0+60x60',
        }),
        alert_rule_test: [
          {
            eval_time: '15m',
            alertname: 'MillraceNoProgress',
            exp_alerts: [
              {
                exp_labels: { severity: 'warning', datasource: 'default' },
                exp_annotations: {
                  ...annotations,
                  summary: 'A running statement on default has processed no row for 15m 0s',
                  description: 'Statements: stands ',
                },
              },
            ],
          },
        ],
      },
    ]);
  });
});

function series(input: Input) {
  return Object.entries(input).map(([name, values]) => ({ series: name, values }));
}

function firing(alert: string, at: number, expected: boolean) {
  return {
    expr: `count by (alertname) (ALERTS{alertname="${alert}",alertstate="firing"})`,
    eval_time: `${at}m`,
    exp_samples: expected ? [{ labels: `{alertname="${alert}"}`, value: 1 }] : [],
  };
}

/** @throws with what promtool says where a test of a file fails */
async function promtool(tests: readonly unknown[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-promtool-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'tests.yaml');
  await writeFile(file, JSON.stringify({ rule_files: ruleFiles, evaluation_interval: '1m', tests }));
  const output = execFileSync(join(prometheusFolder!, 'promtool'), ['test', 'rules', file], { encoding: 'utf8' });
  expect(output).toContain('SUCCESS');
}
