import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { SubmissionPhase } from '../service/submit.ts';
import { type MeteredDatasource, openLedgerMetrics } from './metrics/ledger-metrics.ts';
import { openPhaseMetrics } from './metrics/phase-metrics.ts';
import { openPoolMetrics } from './metrics/pool-metrics.ts';
import { openRequestMetrics } from './metrics/request-metrics.ts';

/** What `/metrics` tells; deploy/dashboards/README.md lists it. */
export interface Metrics {
  readonly contentType: string;
  /** Never throws because of a database, nor waits long for one: its figures are then those of before. */
  text(): Promise<string>;
  observePhase(phase: SubmissionPhase, seconds: number): void;
  /** Of all routes that are added to the app afterwards. */
  countRequests(app: FastifyInstance): void;
  /** Forgets all figures. */
  close(): void;
}

export interface MetricsOptions {
  readonly version: string;
  readonly datasources: readonly MeteredDatasource[];
}

/**
 * A registry of its own. What the process does is counted here; what statements and workers do is read from the system schema, so
 * all replicas tell the same of it.
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
    countRequests: openRequestMetrics(registry),
    close: () => registry.clear(),
  };
}

function buildInfo(registry: Registry, version: string): void {
  new Gauge({
    name: 'millrace_build_info',
    help: 'Always 1; the labels say what runs',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version, node: process.version }, 1);
}
