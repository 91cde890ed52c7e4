import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { SubmissionPhase } from '../service/submit.ts';
import { type MeteredDatasource, openLedgerMetrics } from './metrics/ledger-metrics.ts';
import { type MysqlMetrics, openMysqlMetrics } from './metrics/mysql-metrics.ts';
import { openPhaseMetrics } from './metrics/phase-metrics.ts';
import { openPoolMetrics } from './metrics/pool-metrics.ts';
import { openRequestMetrics } from './metrics/request-metrics.ts';

/** The metrics of `/metrics`, which deploy/dashboards/README.md lists. */
export interface Metrics {
  readonly contentType: string;
  /** Does not throw or wait long if a database does not answer: its figures are then those of the last reading. */
  text(): Promise<string>;
  observePhase(phase: SubmissionPhase, seconds: number): void;
  readonly mysql: MysqlMetrics;
  /** Counts the requests of all routes that are added to the app afterwards. */
  countRequests(app: FastifyInstance): void;
  /** Removes all metrics. */
  close(): void;
}

export interface MetricsOptions {
  readonly version: string;
  readonly datasources: readonly MeteredDatasource[];
}

/**
 * Opens a registry of its own. Figures of this process are counted here; those of statements and workers are read from the system
 * schema, so that all replicas report the same.
 */
export function openMetrics({ version, datasources }: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  buildInfo(registry, version);
  openPoolMetrics(registry, datasources);
  const phases = openPhaseMetrics(registry);
  const ledger = openLedgerMetrics(registry, phases, datasources);
  return {
    contentType: registry.contentType,
    async text() {
      await ledger.refresh();
      return registry.metrics();
    },
    observePhase: (phase, seconds) => phases.observe({ phase }, seconds),
    mysql: openMysqlMetrics(registry),
    countRequests: openRequestMetrics(registry),
    close: () => registry.clear(),
  };
}

function buildInfo(registry: Registry, version: string): void {
  new Gauge({
    name: 'millrace_build_info',
    help: 'Always 1; the labels give the versions',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version, node: process.version }, 1);
}
