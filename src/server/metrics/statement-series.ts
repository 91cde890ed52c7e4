import { Gauge, type Registry } from 'prom-client';
import type {
  LedgerModel,
  LedgerPartition,
  LedgerStatement,
  LedgerTraining,
  Work,
} from '../../ledger/metric-queries.ts';
import type { LedgerReading } from './ledger-reader.ts';
import { isEnd } from './phases-of.ts';
import { lastProgressOf } from './statement-totals.ts';

/** Maximum number of statements, and of their partitions, with series of their own. The totals count all. */
const mostStatements = 50;
const mostPartitions = 200;

/** Series of single statements: running ones first, then queued ones, then those that ended within the last minute; newest first. */
export interface StatementSeries {
  /** Replaces all series. */
  show(latest: ReadonlyMap<string, LedgerReading>): void;
}

interface Shown {
  readonly datasource: string;
  readonly statement: LedgerStatement;
  readonly partitions: readonly LedgerPartition[];
  readonly models: readonly LedgerModel[];
  readonly trainings: readonly LedgerTraining[];
  readonly lastProgress: number | undefined;
}

export function openStatementSeries(registry: Registry): StatementSeries {
  const gauges: Gauge[] = [];
  const gauge = (name: string, help: string, ...labels: readonly string[]) => {
    const labelNames = ['datasource', 'statement', ...labels];
    const created = new Gauge({ name: `millrace_${name}`, help, labelNames, registers: [registry] });
    gauges.push(created);
    return created;
  };
  const state = gauge('statement_state', 'Always 1; the labels give its verb and its state', 'verb', 'state');
  const started = gauge('statement_started_timestamp_seconds', 'When the statement started to run');
  const progress = gauge('statement_last_progress_timestamp_seconds', 'When its workers last wrote rows');
  const rows = gauge('statement_rows', 'Rows that the step processes', 'step');
  const done = gauge('statement_rows_done', 'Processed rows of the step, including failed ones', 'step');
  const failed = gauge('statement_rows_failed', 'Failed rows of the step', 'step');
  const outputs = gauge('statement_outputs', 'Result rows written by the step', 'step');
  const partitions = gauge('statement_partitions', 'Partitions of the step', 'step', 'state');
  const batches = gauge('statement_batch_seconds', 'Time of its workers, by stage of a batch', 'step', 'stage');
  const ofModel = ['step', 'position'] as const;
  const asked = gauge('statement_model_asked', 'Rows of TO FIND that reached its first, second, … model', ...ofModel);
  const decided = gauge('statement_model_decided', 'Rows after whose answer no other model was asked', ...ofModel);
  const reused = gauge('statement_model_reused', 'Rows that a stored answer answered instead', ...ofModel);
  const trained = gauge(
    'statement_training_done',
    'Units that TO TRAIN has done, by unit: package, row, epoch, round, or unit of a search',
    'step',
    'unit',
  );
  const due = gauge('statement_training_total', 'Units that TO TRAIN has to do, if that is known', 'step', 'unit');
  const trials = gauge('statement_trials', 'Trials of the search, by state', 'step', 'state');
  const ofPartition = ['step', 'partition'] as const;
  const partitionRows = gauge('partition_rows', 'Rows of the partition', ...ofPartition);
  const partitionDone = gauge('partition_rows_done', 'Rows of the partition that are processed', ...ofPartition);
  const attempts = gauge('partition_attempts', 'Number of times that a worker started the partition', ...ofPartition);

  function showStatement({ datasource, statement, lastProgress }: Shown): void {
    const { id, verb, startedAt } = statement;
    const labels = { datasource, statement: id };
    state.set({ ...labels, verb, state: statement.state }, 1);
    if (startedAt !== null) started.set(labels, startedAt);
    if (lastProgress !== undefined) progress.set(labels, lastProgress);
  }

  function showStep(shown: Shown, step: string, own: readonly LedgerPartition[]): void {
    const labels = { datasource: shown.datasource, statement: shown.statement.id, step };
    const sum = (of: (work: Work) => number) => own.reduce((total, { work }) => total + of(work), 0);
    rows.set(
      labels,
      own.reduce((total, partition) => total + partition.rows, 0),
    );
    done.set(
      labels,
      sum((work) => work.done),
    );
    failed.set(
      labels,
      sum((work) => work.failed),
    );
    outputs.set(
      labels,
      sum((work) => work.outputs),
    );
    batches.set({ ...labels, stage: 'decode' }, sum(({ decodeMs }) => decodeMs) / 1000);
    batches.set({ ...labels, stage: 'infer' }, sum(({ inferMs }) => inferMs) / 1000);
    batches.set({ ...labels, stage: 'write' }, sum(({ writeMs }) => writeMs) / 1000);
    for (const state of ['pending', 'running', 'done']) {
      partitions.set({ ...labels, state }, own.filter((partition) => partition.state === state).length);
    }
  }

  function showModel({ datasource, statement }: Shown, { step, position, ...counts }: LedgerModel): void {
    const labels = { datasource, statement: statement.id, step, position };
    asked.set(labels, counts.asked);
    decided.set(labels, counts.decided);
    reused.set(labels, counts.reused);
  }

  function showTraining({ datasource, statement }: Shown, training: LedgerTraining): void {
    const labels = { datasource, statement: statement.id, step: training.step };
    trained.set({ ...labels, unit: training.unit }, training.done);
    if (training.total !== null) due.set({ ...labels, unit: training.unit }, training.total);
    for (const [state, count] of Object.entries(training.trials)) trials.set({ ...labels, state }, count);
  }

  function showPartition(datasource: string, { statement, step, number, rows, work }: LedgerPartition): void {
    const labels = { datasource, statement, step, partition: number };
    partitionRows.set(labels, rows);
    partitionDone.set(labels, work.done);
    attempts.set(labels, work.retries + 1);
  }

  return {
    show(latest) {
      for (const each of gauges) each.reset();
      const shown = [...latest].flatMap(([name, reading]) => candidates(name, reading)).toSorted(byUrgency);
      for (const each of shown.slice(0, mostStatements)) {
        showStatement(each);
        for (const [step, own] of Map.groupBy(each.partitions, ({ step }) => step)) showStep(each, step, own);
        for (const model of each.models) showModel(each, model);
        for (const training of each.trainings) showTraining(each, training);
      }
      for (const { datasource, partition } of begunPartitions(shown.slice(0, mostStatements))) {
        showPartition(datasource, partition);
      }
    },
  };
}

function candidates(
  datasource: string,
  { statements, partitions, models, trainings }: LedgerReading,
): readonly Shown[] {
  const byStatement = Map.groupBy(partitions, ({ statement }) => statement);
  const modelsByStatement = Map.groupBy(models, ({ statement }) => statement);
  const trainingsByStatement = Map.groupBy(trainings, ({ statement }) => statement);
  const progress = lastProgressOf(statements, partitions);
  return statements.map((statement) => ({
    datasource,
    statement,
    partitions: byStatement.get(statement.id) ?? [],
    models: modelsByStatement.get(statement.id) ?? [],
    trainings: trainingsByStatement.get(statement.id) ?? [],
    lastProgress: progress.get(statement.id),
  }));
}

function byUrgency({ statement: a }: Shown, { statement: b }: Shown): number {
  return urgency(a) - urgency(b) || b.submittedAt - a.submittedAt;
}

function urgency({ state }: LedgerStatement): number {
  if (isEnd(state)) return 2;
  return state === 'queued' ? 1 : 0;
}

/** Partitions that a worker has started; running ones first. */
function begunPartitions(shown: readonly Shown[]) {
  const begun = shown.flatMap(({ datasource, partitions }) =>
    partitions.filter(({ state }) => state !== 'pending').map((partition) => ({ datasource, partition })),
  );
  const rank = ({ partition }: (typeof begun)[number]) => (partition.state === 'running' ? 0 : 1);
  return begun.toSorted((a, b) => rank(a) - rank(b)).slice(0, mostPartitions);
}
