import { BigValueGraphMode, BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import { QueryVariableBuilder, VariableRefresh, VariableSort } from '@grafana/grafana-foundation-sdk/dashboard';
import { BytesIEC, Percent, PercentUnit, Seconds, Short, Watt } from '@grafana/grafana-foundation-sdk/units';
import { dashboard } from './dashboard.ts';
import { areas, figure, gauge, lines, now, prometheus, steps, table } from './panels.ts';

/** Series of the statement that is chosen. */
const own = (metric: string) => `${metric}{statement="$statement"}`;

/** How fast a gauge of the statement has grown lately; a falling gauge was restarted. */
const pace = (metric: string) => `clamp_min(deriv(${own(metric)}[$__rate_interval]), 0)`;

const perGpu = (metric: string, factor = '') => ({
  '{{pod}} {{Hostname}} {{gpu}}': `${factor}max by (pod, Hostname, gpu) (${metric}{pod=~"millrace-$statement-.+"})`,
});

const state = { '{{state}} ({{verb}})': `max by (verb, state) (${own('millrace_statement_state')})` };
const rows = `sum(max by (datasource, step) (${own('millrace_statement_rows')}))`;
const rowsDone = `sum(max by (datasource, step) (${own('millrace_statement_rows_done')}))`;
const rowsPerSecond = `sum(max by (datasource, step) (${pace('millrace_statement_rows_done')}))`;

export const statement = dashboard({
  uid: 'millrace-statement',
  title: 'Millrace: one statement',
  description:
    'Progress of a statement and its workers. Only statements that run, wait or ended within the last minute have series, at most 50: deploy/dashboards/README.md',
  refresh: '15s',
  from: 'now-30m',
  link: { title: 'Operations', uid: 'millrace-operations' },
  variables: [choiceOfStatement()],
  rows: {
    $statement: [
      figure(
        'State',
        'State at the end of the time range. The series of a statement end one minute after the statement.',
        Short,
        state,
      )
        .noValue('ended')
        .textMode(BigValueTextMode.Name)
        .height(5)
        .targets(now(state)),
      gauge('Done', 'Processed rows as a share of the selected rows, over all started steps.', PercentUnit, {
        done: `${rowsDone} / (${rows} > 0)`,
      })
        .min(0)
        .max(1)
        .noValue('no rows')
        .height(5),
      figure('Images per second', 'Rows processed per second during the last minutes.', Short, {
        'images/s': rowsPerSecond,
      })
        .decimals(1)
        .noValue('0')
        .graphMode(BigValueGraphMode.Area)
        .height(5),
      figure('Time left', 'Time left for the started steps at the pace of the last minutes.', Seconds, {
        left: `sum(max by (datasource, step) (${own('millrace_statement_rows')} - ${own('millrace_statement_rows_done')})) / (${rowsPerSecond} > 0)`,
      })
        .noValue('unknown')
        .height(5),
      figure('Running for', 'Time since the statement started.', Seconds, {
        running: `time() - max(${own('millrace_statement_started_timestamp_seconds')})`,
      })
        .noValue('not running')
        .height(5),
      figure(
        'Since last progress',
        'Time since its workers last wrote rows, or since it was last started. An alert fires after ten minutes.',
        Seconds,
        { waiting: `time() - max(${own('millrace_statement_last_progress_timestamp_seconds')})` },
      )
        .noValue('not working')
        .thresholds(steps('green', [120, 'orange'], [600, 'red']))
        .height(5),
    ],
    Rows: [
      lines('Rows', 'Selected, processed and failed rows, by step.', Short, {
        '{{step}} selected': `max by (datasource, step) (${own('millrace_statement_rows')})`,
        '{{step}} done': `max by (datasource, step) (${own('millrace_statement_rows_done')})`,
        '{{step}} failed': `max by (datasource, step) (${own('millrace_statement_rows_failed')})`,
      }).decimals(0),
      lines('Rows per second', 'Rows processed per second, by step.', Short, {
        '{{step}}': `max by (datasource, step) (${pace('millrace_statement_rows_done')})`,
      }),
      lines('Outputs', 'Result rows written so far, by step.', Short, {
        '{{step}}': `max by (datasource, step) (${own('millrace_statement_outputs')})`,
      }).decimals(0),
    ],
    'TO TRAIN': [
      lines('Training', 'Epochs, rounds or units of a search that are done, and all that are due, by step.', Short, {
        '{{step}} {{unit}}s done': `max by (datasource, step, unit) (${own('millrace_statement_training_done')})`,
        '{{step}} {{unit}}s due': `max by (datasource, step, unit) (${own('millrace_statement_training_total')})`,
      }).decimals(0),
      lines('Training per second', 'Epochs, rounds or units of a search per second, by step.', Short, {
        '{{step}} {{unit}}s/s': `max by (datasource, step, unit) (${pace('millrace_statement_training_done')})`,
      }),
      areas('Trials', 'Trials of a search, by state: stopped ones were among the worst of their epoch.', Short, {
        '{{state}}': `sum by (state) (max by (datasource, step, state) (${own('millrace_statement_trials')}))`,
      }).decimals(0),
    ],
    'Models of TO FIND': [
      lines('Images asked of each model', 'Images that reached the first, second, … model so far.', Short, {
        '{{step}} model {{position}}': `max by (datasource, step, position) (${own('millrace_statement_model_asked')})`,
      }).decimals(0),
      lines('Images decided by each model', 'Images after whose answer no other model was asked.', Short, {
        '{{step}} model {{position}}': `max by (datasource, step, position) (${own('millrace_statement_model_decided')})`,
      }).decimals(0),
      lines('Stored answers used', 'Images about which a stored answer was used instead of the model.', Short, {
        '{{step}} model {{position}}': `max by (datasource, step, position) (${own('millrace_statement_model_reused')})`,
      }).decimals(0),
    ],
    Workers: [
      areas('Partitions', 'Partitions, by state.', Short, {
        '{{state}}': `sum by (state) (max by (datasource, step, state) (${own('millrace_statement_partitions')}))`,
      }).decimals(0),
      areas(
        'Time of workers by stage',
        'Seconds of work per second, that is, the number of workers in each stage.',
        Short,
        {
          '{{stage}}': `sum by (stage) (max by (datasource, step, stage) (${pace('millrace_statement_batch_seconds')}))`,
        },
      ),
      lines('Time per row by stage', 'Average over all rows so far.', Seconds, {
        '{{stage}}': `sum by (stage) (max by (datasource, step, stage) (${own('millrace_statement_batch_seconds')})) / ignoring (stage) group_left () (${rowsDone} > 0)`,
      }),
      lines(
        'Rows per second of each partition',
        'Started partitions only. At most 200 partitions of all statements together have series.',
        Short,
        {
          '{{step}} {{partition}}': `max by (datasource, step, partition) (${pace('millrace_partition_rows_done')})`,
        },
      )
        .span(12)
        .height(9),
      table(
        'Partitions',
        'Started partitions: rows, processed rows, and how often a worker has started the partition.',
        Short,
        {
          rows: `max by (step, partition) (${own('millrace_partition_rows')})`,
          done: `max by (step, partition) (${own('millrace_partition_rows_done')})`,
          attempts: `max by (step, partition) (${own('millrace_partition_attempts')})`,
        },
      )
        .decimals(0)
        .span(12)
        .height(9)
        .withTransformation({ id: 'merge', options: {} })
        .withTransformation({
          id: 'organize',
          options: {
            excludeByName: { Time: true },
            indexByName: { step: 0, partition: 1, 'Value #A': 2, 'Value #B': 3, 'Value #C': 4 },
            renameByName: { 'Value #A': 'rows', 'Value #B': 'done', 'Value #C': 'attempts' },
          },
        }),
    ],
    "GPUs of its pods (NVIDIA's DCGM exporter)": [
      lines(
        'GPU utilisation',
        "GPUs of the statement's pods. The exporter must report pods (its option --kubernetes). Statements whose id has characters other than a-z, 0-9 and - are not shown.",
        Percent,
        perGpu('DCGM_FI_DEV_GPU_UTIL'),
      ).max(100),
      lines('GPU memory used', 'Used frame buffer.', BytesIEC, perGpu('DCGM_FI_DEV_FB_USED', '1024 * 1024 * ')),
      lines('GPU power', 'Power draw.', Watt, perGpu('DCGM_FI_DEV_POWER_USAGE')),
    ],
  },
});

/** The ids that have series now; others can be typed. */
function choiceOfStatement() {
  const metric = 'millrace_statement_state';
  const query = `label_values(${metric}, statement)`;
  return new QueryVariableBuilder('statement')
    .label('Statement')
    .datasource(prometheus)
    .definition(query)
    .query({ query, refId: 'PrometheusVariableQueryEditor-VariableQuery', qryType: 1, label: 'statement', metric })
    .current({ text: '', value: '' })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalDesc);
}
