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
        'Statements that run now. Read from the database: every replica tells the same, so the largest counts, not the sum.',
        Short,
        { running: 'sum(max by (datasource) (millrace_statements{state="running"}))' },
      )
        .noValue('0')
        .graphMode(BigValueGraphMode.Area),
      figure('Waiting', 'Statements that are queued.', Short, {
        queued: 'sum(max by (datasource) (millrace_statements{state="queued"}))',
      })
        .noValue('0')
        .thresholds(steps('green', [10, 'orange'], [50, 'red']))
        .graphMode(BigValueGraphMode.Area),
      figure(
        'Failed, last hour',
        'Share of the statements that ended within the last hour and failed; cancelled ones and mistakes of users do not count.',
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
      figure('Images per second', 'Rows that all workers have worked off per second.', Short, {
        'images/s': `sum(max by (datasource) (${rate('millrace_rows_done_total')}))`,
      })
        .decimals(1)
        .noValue('0')
        .graphMode(BigValueGraphMode.Area),
      figure('Servers up', 'Replicas that Prometheus reaches.', Short, { up: 'sum(up{job="millrace-server"})' })
        .noValue('0')
        .thresholds(steps('red', [1, 'green'])),
      figure('Alerts', 'Alerts that fire now; deploy/alerts says what to do.', Short, {
        firing: 'count(ALERTS{alertstate="firing"}) or vector(0)',
      }).thresholds(steps('green', [1, 'red'])),
      areas(
        'Statements ended per minute',
        'By what they are (sql: one standard statement, run: TO RUN on the worker, foreign: another image, program: several steps) and how they ended.',
        Short,
        {
          '{{verb}} {{state}}': `60 * sum by (verb, state) (max by (datasource, verb, state, error) (${rate('millrace_statements_total')}))`,
        },
      ).span(12),
      areas('Statements now', 'Those that have not ended, by state.', Short, {
        '{{state}}': 'sum by (state) (max by (datasource, state) (millrace_statements))',
      })
        .decimals(0)
        .span(12),
      ...[50, 95, 99].map((percent) =>
        lines(
          `Phases, p${percent}`,
          'How long statements are parsed, planned, submitted (in the server), wait and run. Quantiles of buckets, so between two bounds they are guessed.',
          Seconds,
          { '{{phase}}': quantile(percent / 100, 'millrace_statement_phase_seconds_bucket', 'phase') },
        ),
      ),
      lines(
        'Failure ratio',
        "Of the statements that ended within a quarter of an hour, those that failed: for users' mistakes, of all; for anything else, of those without mistakes.",
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
        'Of the running statements over rows, the one that has waited longest for its workers to write some. Ten minutes raise an alert.',
        Seconds,
        { '{{datasource}}': 'time() - max by (datasource) (millrace_least_recent_progress_timestamp_seconds)' },
      ).span(12),
    ],
    'Workers (from the ledger)': [
      lines('Rows per second', 'Rows worked off, and those of them that failed.', Short, {
        done: `sum(max by (datasource) (${rate('millrace_rows_done_total')}))`,
        failed: `sum(max by (datasource) (${rate('millrace_rows_failed_total')}))`,
      }),
      areas(
        'Time of workers by stage',
        'Seconds of work per second: how many workers decode, infer or write at once. Stages of a worker overlap.',
        Short,
        {
          '{{stage}}': `sum by (stage) (max by (datasource, stage) (${rate('millrace_batch_seconds_total')}))`,
        },
      ),
      lines('Time per row by stage', 'Where the time of a row goes.', Seconds, {
        '{{stage}}': `sum by (stage) (max by (datasource, stage) (${rate('millrace_batch_seconds_total')})) / ignoring (stage) group_left () (sum(max by (datasource) (${rate('millrace_rows_done_total')})) > 0)`,
      }),
      lines('Outputs per second', 'Rows that workers wrote to result tables, such as detections.', Short, {
        outputs: `sum(max by (datasource) (${rate('millrace_outputs_total')}))`,
      }).span(12),
      lines(
        'Partitions begun again, per hour',
        'After a failure that may pass, or when another server took the statement on.',
        Short,
        { retries: `3600 * sum(max by (datasource) (${rate('millrace_partition_retries_total')}))` },
      ).span(12),
    ],
    API: [
      areas('Requests per second', 'By status. 499: the client left before it had an answer.', RequestsPerSecond, {
        '{{status}}': `sum by (status) (${rate('millrace_http_requests_total')})`,
      }),
      areas('Requests per second by route', 'By the pattern of the route.', RequestsPerSecond, {
        '{{method}} {{route}}': `sum by (method, route) (${rate('millrace_http_requests_total')})`,
      }),
      lines('Error ratio', 'Share of the requests that the server failed (5xx) or refused (4xx).', PercentUnit, {
        '5xx': shareOfRequests('5..'),
        '4xx': shareOfRequests('4..'),
      }).max(1),
      lines(
        'Latency',
        'Of all routes but streams and probes. A POST waits for its statement as long as it asks to.',
        Seconds,
        {
          p50: quantile(0.5, requestSeconds),
          p95: quantile(0.95, requestSeconds),
          p99: quantile(0.99, requestSeconds),
        },
      ),
      lines('Latency by route, p95', 'Of all routes but streams and probes.', Seconds, {
        '{{method}} {{route}}': quantile(0.95, requestSeconds, 'method, route'),
      }),
      areas('Requests under way', 'Streams of events and logs among them.', Short, {
        '{{route}}': 'sum by (route) (millrace_http_requests_in_flight)',
      }).decimals(0),
    ],
    Server: [
      lines('Database connections', 'Of all replicas: in use, open, and the most there may be.', Short, {
        '{{datasource}} in use':
          'sum by (datasource) (millrace_database_connections_open - millrace_database_connections_idle)',
        '{{datasource}} open': 'sum by (datasource) (millrace_database_connections_open)',
        '{{datasource}} limit': 'sum by (datasource) (millrace_database_connections_limit)',
      }).decimals(0),
      lines(
        'Waiting for a connection',
        'More than none for long: the pool is too small, or statements hold connections.',
        Short,
        { '{{datasource}}': 'sum by (datasource) (millrace_database_requests_waiting)' },
      ).decimals(0),
      lines('Databases answer', '1: the replica could read the system schema for the last scrape.', Short, {
        '{{datasource}} {{instance}}': 'min by (datasource, instance) (millrace_datasource_up)',
      })
        .max(1)
        .decimals(0),
      lines('Event-loop lag', 'How late timers of the server are: over 100 ms, answers are late, too.', Seconds, {
        '{{instance}} p50': 'max by (instance) (nodejs_eventloop_lag_p50_seconds{job="millrace-server"})',
        '{{instance}} p99': 'max by (instance) (nodejs_eventloop_lag_p99_seconds{job="millrace-server"})',
      }),
      lines('CPU', 'Cores that each replica uses.', Short, {
        '{{instance}}': rate('process_cpu_seconds_total{job="millrace-server"}'),
      }),
      lines('Memory', 'Resident memory and the heap in use.', BytesIEC, {
        '{{instance}} resident': 'process_resident_memory_bytes{job="millrace-server"}',
        '{{instance}} heap': 'nodejs_heap_size_used_bytes{job="millrace-server"}',
      }),
      lines('Restarts, last hour', "How often a replica's process was another.", Short, {
        '{{instance}}': 'changes(process_start_time_seconds{job="millrace-server"}[1h])',
      })
        .decimals(0)
        .span(12)
        .height(6),
      table('Versions', 'What each replica runs.', Short, {
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
      areas('Workflows now', "As Argo's controller sees them, by phase.", Short, {
        '{{phase}}': 'sum by (phase) (argo_workflows_gauge)',
      }).decimals(0),
      lines('Workflows per minute', 'That came into each phase.', Short, {
        '{{phase}}': `60 * sum by (phase) (${rate('argo_workflows_total_count')})`,
      }),
      areas('Pods now', 'Of workflows, by phase.', Short, {
        '{{phase}}': 'sum by (phase) (argo_workflows_pods_gauge)',
      }).decimals(0),
      lines('Queue depth', 'Objects that wait for the controller.', Short, {
        '{{queue_name}}': 'sum by (queue_name) (argo_workflows_queue_depth_gauge)',
      }).decimals(0),
      lines('Queue latency, p95', 'How long they wait.', Seconds, {
        '{{queue_name}}': quantile(0.95, 'argo_workflows_queue_latency_bucket', 'queue_name'),
      }),
      lines('Reconciliation of a workflow', 'How long the controller takes for one.', Seconds, {
        p50: quantile(0.5, 'argo_workflows_operation_duration_seconds_bucket'),
        p95: quantile(0.95, 'argo_workflows_operation_duration_seconds_bucket'),
      }),
      lines('Busy workers of the controller', 'By queue.', Short, {
        '{{worker_type}}': 'sum by (worker_type) (argo_workflows_workers_busy_count)',
      }).decimals(0),
      areas('Requests of the controller to Kubernetes', 'By status.', RequestsPerSecond, {
        '{{status_code}}': `sum by (status_code) (${rate('argo_workflows_k8s_request_total')})`,
      }),
      lines('Errors of the controller', 'By cause, and the lines that it logged as errors, per minute.', Short, {
        '{{cause}}': `60 * sum by (cause) (${rate('argo_workflows_error_count')})`,
        logged: `60 * sum(${rate('argo_workflows_log_messages{level="error"}')})`,
      }),
      lines('Pods that wait, by reason', 'That Kubernetes does not start: no node with room, no image.', Short, {
        '{{reason}}': `60 * sum by (reason) (${rate('argo_workflows_pod_pending_count')})`,
      }).span(12),
      lines("Controller's leader", '1: this replica of the controller leads.', Short, {
        '{{instance}}': 'max by (instance) (argo_workflows_is_leader)',
      })
        .max(1)
        .decimals(0)
        .span(12),
    ],
    "GPUs (NVIDIA's DCGM exporter)": [
      lines('GPU utilisation', 'Share of the time in which a kernel ran.', Percent, perGpu('DCGM_FI_DEV_GPU_UTIL')).max(
        100,
      ),
      lines('GPU memory used', 'Of the frame buffer.', BytesIEC, perGpu('DCGM_FI_DEV_FB_USED', '1024 * 1024 * ')),
      lines(
        'GPU memory used, share',
        'Of the frame buffer.',
        PercentUnit,
        perGpu('DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)'),
      ).max(1),
      lines('GPU power', 'Watts.', Watt, perGpu('DCGM_FI_DEV_POWER_USAGE')),
      lines('GPU temperature', 'Of the chip.', Celsius, perGpu('DCGM_FI_DEV_GPU_TEMP')),
      lines(
        'GPU errors',
        "The last XID that the driver reported; 0: none. NVIDIA's list says what each means.",
        Short,
        perGpu('DCGM_FI_DEV_XID_ERRORS'),
      ).decimals(0),
    ],
  },
});
