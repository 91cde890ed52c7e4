import { Histogram, type Registry } from 'prom-client';
import type { SubmissionPhase } from '../../service/submit.ts';

/** The server times the phases of a submission itself; the others are read from the history of statements. */
export type StatementPhase = SubmissionPhase | 'queue' | 'run';

export type PhaseMetrics = Histogram<'phase'>;

const phases: readonly StatementPhase[] = ['parse', 'plan', 'submit', 'queue', 'run'];

/** From a parse in half a millisecond to a run of ten hours. */
const buckets = [0.0005, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 36_000];

export function openPhaseMetrics(registry: Registry): PhaseMetrics {
  const histogram = new Histogram({
    name: 'millrace_statement_phase_seconds',
    help: 'Time that statements spent in each phase: parse, plan and submit for requests to this replica; queue and run for all statements',
    labelNames: ['phase'] as const,
    buckets,
    registers: [registry],
  });
  for (const phase of phases) histogram.zero({ phase });
  return histogram;
}
