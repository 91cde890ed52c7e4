import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'mysql2/promise';
import { Gauge, type Registry } from 'prom-client';
import { type LedgerReading, openLedgerReader } from './ledger-reader.ts';
import type { PhaseMetrics } from './phase-metrics.ts';
import { openStatementSeries } from './statement-series.ts';
import { openStatementTotals } from './statement-totals.ts';

/** Scrapes within this time share one reading. */
const FRESH_MS = 1000;
/** Time that all scrapes together wait for a reading: by default, a scrape of Prometheus times out after 10 s. */
const PATIENCE_MS = 3000;

export interface MeteredDatasource {
  readonly name: string;
  readonly pool: Pool;
  /** @throws if it is not open yet */
  get(): { readonly schema: string };
}

/** The metrics that are read from the system schemas. */
export interface LedgerMetrics {
  /** Updates the figures of the databases that answer in time. Never throws. */
  refresh(): Promise<void>;
}

export function openLedgerMetrics(
  registry: Registry,
  phases: PhaseMetrics,
  datasources: readonly MeteredDatasource[],
): LedgerMetrics {
  const up = new Gauge({
    name: 'millrace_datasource_up',
    help: '1 if the system schema was read for this scrape; if 0, its other metrics are those of an earlier scrape',
    labelNames: ['datasource'] as const,
    registers: [registry],
  });
  const totals = openStatementTotals(registry);
  const series = openStatementSeries(registry);
  const latest = new Map<string, LedgerReading>();
  const sources = datasources.map((datasource) => {
    const { name } = datasource;
    return { name, reading: onceAtATime(openReading(datasource, (reading) => apply(name, reading))) };
  });

  function apply(datasource: string, reading: LedgerReading): void {
    totals.add(datasource, reading);
    for (const { phase, seconds } of reading.phases) phases.observe({ phase }, seconds);
    latest.set(datasource, reading);
  }

  return {
    async refresh() {
      const read = sources.map(async ({ name, reading }) => up.set({ datasource: name }, (await reading()) ? 1 : 0));
      await Promise.all(read);
      series.show(latest);
    },
  };
}

/** @returns whether it could be read */
function openReading(datasource: MeteredDatasource, apply: (reading: LedgerReading) => void): () => Promise<boolean> {
  let read: (() => Promise<LedgerReading>) | null = null;
  return async () => {
    try {
      read ??= openLedgerReader(datasource.pool, datasource.get().schema);
      apply(await read());
      return true;
    } catch {
      // The server's log says what is wrong with the datasource; readiness checks it, too.
      return false;
    }
  };
}

/** Calls share an answer that is pending or fresh. It is false if the answer takes too long. */
function onceAtATime(ask: () => Promise<boolean>): () => Promise<boolean> {
  let answer: Promise<boolean> | null = null;
  let inTime: Promise<boolean> = Promise.resolve(false);
  return () => {
    if (answer === null) {
      answer = ask().finally(() => setTimeout(forget, FRESH_MS).unref());
      inTime = sleep(PATIENCE_MS, false, { ref: false });
    }
    return Promise.race([answer, inTime]);
  };
  function forget() {
    answer = null;
  }
}
