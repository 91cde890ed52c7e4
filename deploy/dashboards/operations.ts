import { BigValueGraphMode } from '@grafana/grafana-foundation-sdk/common';
import {
  BytesIEC,
  Celsius,
  Percent,
  PercentUnit,
  RequestsPerSecond,
  Seconds,
  Short,
  Watt,
} from '@grafana/grafana-foundation-sdk/units';
import { dashboard } from './dashboard.ts';
import { areas, figure, lines, steps, table } from './panels.ts';

/** Growth per second. */
const rate = (counter: string) => `rate(${counter}[$__rate_interval])`;

/** A quantile of a histogram, one line per set of the labels in `by`. */
const quantile = (of: number, buckets: string, by = '') =>
  `histogram_quantile(${of}, sum by (${by === '' ? 'le' : `le, ${by}`}) (${rate(buckets)}))`;

/** Requests but for those that last as long as somebody listens, and for probes. */
const requestSeconds =
  'millrace_http_request_duration_seconds_bucket{route!~"/v1/statements/:id/(events|logs|result)|/metrics|/healthz|/readyz"}';

/** The share of requests that ended with such a status; 0 where there are no requests. */
const shareOfRequests = (status: string) => {
  const all = `sum(${rate('millrace_http_requests_total')})`;
  return `sum(${rate(`millrace_http_requests_total{status=~"${status}"}`)}) / (${all} > 0) or 0 * ${all}`;
};

/** Users' mistakes count neither as failures nor as statements. */
const failureRatio = (range: string) => {
  const others = (state: string) => `increase(millrace_statements_total{${state},error!="statement"}[${range}])`;
  const failed = `sum(max by (datasource, verb, error) (${others('state="failed"')}))`;
  const ended = `sum(max by (datasource, verb, state, error) (${others('state=~"succeeded|failed"')}))`;
  return `${failed} / (${ended} > 0)`;
};

const perGpu = (metric: string, factor = '') => ({
  '{{Hostname}} {{gpu}} {{modelName}}': `${factor}max by (Hostname, gpu, modelName) (${metric})`,
});

export const operations = dashboard({
  uid: 'millrace-operations',
  title: 'Millrace: operations',
  description:
    'Statements, workers, the API, the server, Argo and GPUs. What each figure is: deploy/dashboards/README.md',
  refresh: '30s',
  from: 'now-3h',
  link: { title: 'One statement', uid: 'millrace-statement' },
  rows: {
    Statements: [
      figure(
        'Running',
        'Running statements. Every replica reads them from the database and reports the same number, so the panel takes the maximum, not the sum.',
        Short,
        { running: 'sum(max by (datasource) (millrace_statements{state="running"}))' },
      )
        .noValue('0')
        .graphMode(BigValueGraphMode.Area),
      figure('Waiting', 'Queued statements.', Short, {
        queued: 'sum(max by (datasource) (millrace_statements{state="queued"}))',
      })
        .noValue('0')
        .thresholds(steps('green', [10, 'orange'], [50, 'red']))
        .graphMode(BigValueGraphMode.Area),
      figure(
        'Failed, last hour',
        "Share of failed statements among those that ended within the last hour, without cancelled statements and users' mistakes.",
        PercentUnit,
        {
          failed: failureRatio('1h'),
        },
      )
        .min(0)
        .max(1)
        .noValue('none ended')
        .thresholds(steps('green', [0.05, 'orange'], [0.2, 'red']))
        .graphMode(BigValueGraphMode.Area),
      figure('Images per second', 'Rows processed per second by all workers.', Short, {
        'images/s': `sum(max by (datasource) (${rate('millrace_rows_done_total')}))`,
      })
        .decimals(1)
        .noValue('0')
        .graphMode(BigValueGraphMode.Area),
      figure('Servers up', 'Replicas that Prometheus can scrape.', Short, { up: 'sum(up{job="millrace-server"})' })
        .noValue('0')
        .thresholds(steps('red', [1, 'green'])),
      figure('Alerts', 'Firing alerts; deploy/alerts says what to do.', Short, {
        firing: 'count(ALERTS{alertstate="firing"}) or vector(0)',
      }).thresholds(steps('green', [1, 'red'])),
      areas(
        'Statements ended per minute',
        'By kind (sql: one standard statement, run: TO RUN on the worker, foreign: TO RUN of another image, model: a statement about models, train: TO TRAIN, program: several steps) and final state.',
        Short,
        {
          '{{verb}} {{state}}': `60 * sum by (verb, state) (max by (datasource, verb, state, error) (${rate('millrace_statements_total')}))`,
        },
      ).span(12),
      areas('Statements now', 'Statements that have not ended, by state.', Short, {
        '{{state}}': 'sum by (state) (max by (datasource, state) (millrace_statements))',
      })
        .decimals(0)
        .span(12),
      ...[50, 95, 99].map((percent) =>
        lines(
          `Phases, p${percent}`,
          'Time that statements spend in each phase: parse, plan and submit (in the server), queue, run. Quantiles are interpolated between the bounds of buckets.',
          Seconds,
          { '{{phase}}': quantile(percent / 100, 'millrace_statement_phase_seconds_bucket', 'phase') },
        ),
      ),
      areas('Training now', 'Trials of all searches that run, by state. A statement has its own panels.', Short, {
        '{{state}}': 'sum by (state) (max by (datasource, statement, step, state) (millrace_statement_trials))',
      })
        .decimals(0)
        .span(12),
      lines('Epochs, rounds and units per second', 'Of all trainings together, by what they count in.', Short, {
        '{{unit}}s/s':
          'sum by (unit) (clamp_min(max by (datasource, statement, step, unit) (deriv(millrace_statement_training_done{unit=~"epoch|round|unit"}[$__rate_interval])), 0))',
      }).span(12),
      lines(
        'Failure ratio',
        "Share of failed statements among those that ended within 15 minutes. Users' mistakes are a share of all statements; other failures are a share of the statements without mistakes.",
        PercentUnit,
        {
          failed: failureRatio('15m'),
          "users' mistakes":
            'sum(max by (datasource, verb, error) (increase(millrace_statements_total{state="failed",error="statement"}[15m]))) / (sum(max by (datasource, verb, state, error) (increase(millrace_statements_total{state=~"succeeded|failed"}[15m]))) > 0)',
        },
      )
        .max(1)
        .span(12),
      lines(
        'Longest without progress',
        'Longest time since the workers of a running statement last wrote rows. An alert fires after ten minutes.',
        Seconds,
        { '{{datasource}}': 'time() - max by (datasource) (millrace_least_recent_progress_timestamp_seconds)' },
      ).span(12),
    ],
    'Workers (from the ledger)': [
      lines('Rows per second', 'Processed rows, and how many of them failed.', Short, {
        done: `sum(max by (datasource) (${rate('millrace_rows_done_total')}))`,
        failed: `sum(max by (datasource) (${rate('millrace_rows_failed_total')}))`,
      }),
      areas(
        'Time of workers by stage',
        'Seconds of work per second, that is, the number of workers in each stage. The stages of a worker overlap.',
        Short,
        {
          '{{stage}}': `sum by (stage) (max by (datasource, stage) (${rate('millrace_batch_seconds_total')}))`,
        },
      ),
      lines('Time per row by stage', 'Average time that a row takes in each stage.', Seconds, {
        '{{stage}}': `sum by (stage) (max by (datasource, stage) (${rate('millrace_batch_seconds_total')})) / ignoring (stage) group_left () (sum(max by (datasource) (${rate('millrace_rows_done_total')})) > 0)`,
      }),
      lines('Outputs per second', 'Rows that workers wrote to result tables, such as detections.', Short, {
        outputs: `sum(max by (datasource) (${rate('millrace_outputs_total')}))`,
      }).span(8),
      lines(
        'Stored answers per second',
        'Answers of models that TO FIND stored, and those that it used instead of asking the model.',
        Short,
        {
          stored: `sum(max by (datasource) (${rate('millrace_answers_stored_total')}))`,
          reused: `sum(max by (datasource) (${rate('millrace_answers_reused_total')}))`,
        },
      ).span(8),
      lines(
        'Partitions restarted per hour',
        'Restarts after a transient failure, or after another server took over the statement.',
        Short,
        { retries: `3600 * sum(max by (datasource) (${rate('millrace_partition_retries_total')}))` },
      ).span(8),
    ],
    API: [
      areas('Requests per second', 'By status. 499: the client disconnected before the answer.', RequestsPerSecond, {
        '{{status}}': `sum by (status) (${rate('millrace_http_requests_total')})`,
      }),
      areas('Requests per second by route', 'By route pattern.', RequestsPerSecond, {
        '{{method}} {{route}}': `sum by (method, route) (${rate('millrace_http_requests_total')})`,
      }),
      lines('Error ratio', 'Share of requests that failed in the server (5xx) or were refused (4xx).', PercentUnit, {
        '5xx': shareOfRequests('5..'),
        '4xx': shareOfRequests('4..'),
      }).max(1),
      lines('Latency', 'All routes except streams and probes. A POST may wait for its statement.', Seconds, {
        p50: quantile(0.5, requestSeconds),
        p95: quantile(0.95, requestSeconds),
        p99: quantile(0.99, requestSeconds),
      }),
      lines('Latency by route, p95', 'All routes except streams and probes.', Seconds, {
        '{{method}} {{route}}': quantile(0.95, requestSeconds, 'method, route'),
      }),
      areas('Requests in flight', 'Includes streams of events and logs.', Short, {
        '{{route}}': 'sum by (route) (millrace_http_requests_in_flight)',
      }).decimals(0),
    ],
    Server: [
      lines('Database connections', 'Connections of all replicas: in use, open, and the limit.', Short, {
        '{{datasource}} in use':
          'sum by (datasource) (millrace_database_connections_open - millrace_database_connections_idle)',
        '{{datasource}} open': 'sum by (datasource) (millrace_database_connections_open)',
        '{{datasource}} limit': 'sum by (datasource) (millrace_database_connections_limit)',
      }).decimals(0),
      lines(
        'Waiting for a connection',
        'If it stays above zero, the pool is too small or statements hold connections.',
        Short,
        { '{{datasource}}': 'sum by (datasource) (millrace_database_requests_waiting)' },
      ).decimals(0),
      lines('Databases reachable', '1: the replica read the system schema for the last scrape.', Short, {
        '{{datasource}} {{instance}}': 'min by (datasource, instance) (millrace_datasource_up)',
      })
        .max(1)
        .decimals(0),
      lines('Event-loop lag', "Delay of the server's timers. Above 100 ms, answers are delayed too.", Seconds, {
        '{{instance}} p50': 'max by (instance) (nodejs_eventloop_lag_p50_seconds{job="millrace-server"})',
        '{{instance}} p99': 'max by (instance) (nodejs_eventloop_lag_p99_seconds{job="millrace-server"})',
      }),
      lines('CPU', 'Cores used by each replica.', Short, {
        '{{instance}}': rate('process_cpu_seconds_total{job="millrace-server"}'),
      }),
      lines('Memory', 'Resident memory and the heap in use.', BytesIEC, {
        '{{instance}} resident': 'process_resident_memory_bytes{job="millrace-server"}',
        '{{instance}} heap': 'nodejs_heap_size_used_bytes{job="millrace-server"}',
      }),
      lines('Restarts, last hour', 'Number of process restarts of each replica.', Short, {
        '{{instance}}': 'changes(process_start_time_seconds{job="millrace-server"}[1h])',
      })
        .decimals(0)
        .span(12)
        .height(6),
      table('Versions', 'Versions of Millrace and Node on each replica.', Short, {
        '': 'max by (instance, version, node) (millrace_build_info)',
      })
        .span(12)
        .height(6)
        .withTransformation({
          id: 'organize',
          options: { excludeByName: { Time: true, Value: true }, indexByName: {}, renameByName: {} },
        }),
    ],
    'Argo Workflows': [
      areas('Workflows now', "Workflows known to Argo's controller, by phase.", Short, {
        '{{phase}}': 'sum by (phase) (argo_workflows_gauge)',
      }).decimals(0),
      lines('Workflows per minute', 'Workflows that entered each phase.', Short, {
        '{{phase}}': `60 * sum by (phase) (${rate('argo_workflows_total_count')})`,
      }),
      areas('Pods now', 'Pods of workflows, by phase.', Short, {
        '{{phase}}': 'sum by (phase) (argo_workflows_pods_gauge)',
      }).decimals(0),
      lines('Queue depth', 'Objects that wait for the controller, by queue.', Short, {
        '{{queue_name}}': 'sum by (queue_name) (argo_workflows_queue_depth_gauge)',
      }).decimals(0),
      lines('Queue latency, p95', 'Time that objects wait in each queue.', Seconds, {
        '{{queue_name}}': quantile(0.95, 'argo_workflows_queue_latency_bucket', 'queue_name'),
      }),
      lines('Reconciliation of a workflow', 'Time that the controller needs for one workflow.', Seconds, {
        p50: quantile(0.5, 'argo_workflows_operation_duration_seconds_bucket'),
        p95: quantile(0.95, 'argo_workflows_operation_duration_seconds_bucket'),
      }),
      lines('Busy workers of the controller', 'By queue.', Short, {
        '{{worker_type}}': 'sum by (worker_type) (argo_workflows_workers_busy_count)',
      }).decimals(0),
      areas('Requests of the controller to Kubernetes', 'By status.', RequestsPerSecond, {
        '{{status_code}}': `sum by (status_code) (${rate('argo_workflows_k8s_request_total')})`,
      }),
      lines('Errors of the controller', 'Errors per minute by cause, and logged error lines per minute.', Short, {
        '{{cause}}': `60 * sum by (cause) (${rate('argo_workflows_error_count')})`,
        logged: `60 * sum(${rate('argo_workflows_log_messages{level="error"}')})`,
      }),
      lines(
        'Pods that wait, by reason',
        'Pods that Kubernetes cannot start, for example because no node has room or the image is missing.',
        Short,
        {
          '{{reason}}': `60 * sum by (reason) (${rate('argo_workflows_pod_pending_count')})`,
        },
      ).span(12),
      lines("Controller's leader", '1: this replica of the controller is the leader.', Short, {
        '{{instance}}': 'max by (instance) (argo_workflows_is_leader)',
      })
        .max(1)
        .decimals(0)
        .span(12),
    ],
    "GPUs (NVIDIA's DCGM exporter)": [
      lines(
        'GPU utilisation',
        'Share of the time during which a kernel ran.',
        Percent,
        perGpu('DCGM_FI_DEV_GPU_UTIL'),
      ).max(100),
      lines('GPU memory used', 'Used frame buffer.', BytesIEC, perGpu('DCGM_FI_DEV_FB_USED', '1024 * 1024 * ')),
      lines(
        'GPU memory used, share',
        'Used frame buffer.',
        PercentUnit,
        perGpu('DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)'),
      ).max(1),
      lines('GPU power', 'Power draw.', Watt, perGpu('DCGM_FI_DEV_POWER_USAGE')),
      lines('GPU temperature', 'Temperature of the chip.', Celsius, perGpu('DCGM_FI_DEV_GPU_TEMP')),
      lines(
        'GPU errors',
        'Last XID that the driver reported; 0: none. NVIDIA documents what each means.',
        Short,
        perGpu('DCGM_FI_DEV_XID_ERRORS'),
      ).decimals(0),
    ],
  },
});
