import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'mysql2/promise';
import { Gauge, type Registry } from 'prom-client';
import { type LedgerReading, openLedgerReader } from './ledger-reader.ts';
import type { PhaseMetrics } from './phase-metrics.ts';
import { openStatementSeries } from './statement-series.ts';
import { openStatementTotals } from './statement-totals.ts';

/** Several scrapes at once are one reading. */
const FRESH_MS = 1000;
/** A reading is waited for this long in all, by however many scrapes: Prometheus gives up after 10 s if it is not told otherwise. */
const PATIENCE_MS = 3000;

export interface MeteredDatasource {
  readonly name: string;
  readonly pool: Pool;
  /** May throw: it is not open yet. */
  get(): { readonly schema: string };
}

/** What is read from the system schemas. */
export interface LedgerMetrics {
  /** Brings the figures up to date, as far as the databases answer in time. Never throws. */
  refresh(): Promise<void>;
}

export function openLedgerMetrics(
  registry: Registry,
  phases: PhaseMetrics,
  datasources: readonly MeteredDatasource[],
): LedgerMetrics {
  const up = new Gauge({
    name: 'millrace_datasource_up',
    help: '1 if the system schema was read for this scrape; with 0 its other figures are those of before',
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
      // The server's log says what is wrong with the datasource: readiness asks it, too.
      return false;
    }
  };
}

/** Whoever asks while an answer is under way or fresh gets that one; false: it is long in coming. */
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
