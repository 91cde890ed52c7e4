import { Counter, Gauge, type Registry } from 'prom-client';
import type { LedgerPartition, LedgerStatement } from '../../ledger/metric-queries.ts';
import { type EndError, endErrors, verbs } from '../../ledger/statement-ends.ts';
import type { StatementState } from '../../ledger/statement-states.ts';
import { activeStates, endStates } from '../../ledger/statement-states.ts';
import { keepsLedger } from '../../plan/step-facts.ts';
import type { LedgerReading } from './ledger-reader.ts';

const possibleEnds = endStates.flatMap<{ state: StatementState; error: EndError | '' }>((state) =>
  state === 'failed' ? endErrors.map((error) => ({ state, error })) : [{ state, error: '' }],
);

/** Sums over all statements of a datasource. */
export interface StatementTotals {
  add(datasource: string, reading: LedgerReading): void;
}

export function openStatementTotals(registry: Registry): StatementTotals {
  const registers = [registry];
  const counter = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['datasource'] as const, registers });
  const ended = new Counter({
    name: 'millrace_statements_total',
    help: 'Ends of statements, by verb (sql, run, foreign, model, train; program: several steps), state and, for failed ones, who has to act (statement: the user)',
    labelNames: ['datasource', 'verb', 'state', 'error'] as const,
    registers,
  });
  const active = new Gauge({
    name: 'millrace_statements',
    help: 'Statements that have not ended',
    labelNames: ['datasource', 'state'] as const,
    registers,
  });
  const leastProgress = new Gauge({
    name: 'millrace_least_recent_progress_timestamp_seconds',
    help: 'Oldest time of last progress among the running statements that process rows; absent if there are none',
    labelNames: ['datasource'] as const,
    registers,
  });
  const done = counter('millrace_rows_done_total', 'Rows that workers have processed, including failed ones');
  const failed = counter('millrace_rows_failed_total', 'Rows that failed; each failed attempt counts');
  const outputs = counter('millrace_outputs_total', 'Rows of results that workers have written');
  const retries = counter('millrace_partition_retries_total', 'Number of times that workers restarted a partition');
  const stored = counter('millrace_answers_stored_total', 'Answers of models about pictures that workers have stored');
  const reused = counter(
    'millrace_answers_reused_total',
    'Stored answers that workers have used instead of asking the model',
  );
  const batches = new Counter({
    name: 'millrace_batch_seconds_total',
    help: 'Time of workers, by stage of a batch: decode, infer, write; stages overlap',
    labelNames: ['datasource', 'stage'] as const,
    registers,
  });

  const questions = new Counter({
    name: 'millrace_questions_total',
    help: 'Number of times that TO FIND put an image to a model, by who answered: model, or store (the stored answer of an earlier statement)',
    labelNames: ['datasource', 'answered'] as const,
    registers,
  });

  function addEnded(datasource: string, ends: LedgerReading['ended']): void {
    for (const verb of verbs) for (const end of possibleEnds) ended.inc({ datasource, verb, ...end }, 0);
    for (const { count, ...labels } of ends) ended.inc({ datasource, ...labels }, count);
  }

  function addWork(datasource: string, work: LedgerReading['work']): void {
    done.inc({ datasource }, work.done);
    failed.inc({ datasource }, work.failed);
    outputs.inc({ datasource }, work.outputs);
    retries.inc({ datasource }, work.retries);
    batches.inc({ datasource, stage: 'decode' }, work.decodeMs / 1000);
    batches.inc({ datasource, stage: 'infer' }, work.inferMs / 1000);
    batches.inc({ datasource, stage: 'write' }, work.writeMs / 1000);
    questions.inc({ datasource, answered: 'model' }, work.asked - work.reused);
    questions.inc({ datasource, answered: 'store' }, work.reused);
  }

  function addAnswers(datasource: string, answers: LedgerReading['answers']): void {
    stored.inc({ datasource }, answers.stored);
    reused.inc({ datasource }, answers.reused);
  }

  function setActive(datasource: string, { statements, partitions }: LedgerReading): void {
    for (const state of activeStates) {
      active.set({ datasource, state }, statements.filter((statement) => statement.state === state).length);
    }
    const progress = lastProgressOf(statements, partitions);
    if (progress.size === 0) leastProgress.remove({ datasource });
    else leastProgress.set({ datasource }, Math.min(...progress.values()));
  }

  return {
    add(datasource, reading) {
      addEnded(datasource, reading.ended);
      addWork(datasource, reading.work);
      addAnswers(datasource, reading.answers);
      setActive(datasource, reading);
    },
  };
}

/**
 * When running statements that process rows last wrote some, or were handed to an engine; in seconds since 1970. Standard statements
 * and other images report nothing until they have ended.
 */
export function lastProgressOf(
  statements: readonly LedgerStatement[],
  partitions: readonly LedgerPartition[],
): ReadonlyMap<string, number> {
  const byStatement = Map.groupBy(partitions, ({ statement }) => statement);
  const working = statements
    .filter(({ state }) => state === 'running')
    .flatMap((statement) => {
      const own = (byStatement.get(statement.id) ?? []).filter(({ step }) => isRun(statement, step));
      const begins = statement.verb !== 'program' && keepsLedger[statement.verb];
      const waits = own.length === 0 ? begins : own.some(isOpen);
      return waits ? [{ statement, own }] : [];
    });
  return new Map(
    working.map(({ statement, own }) => [
      statement.id,
      Math.max(statement.activeSince, ...own.map(({ lastProgress }) => lastProgress)),
    ]),
  );
}

function isRun({ steps }: LedgerStatement, step: string): boolean {
  return steps.some(({ name, kind }) => name === step && keepsLedger[kind]);
}

function isOpen({ state }: LedgerPartition): boolean {
  return state !== 'done';
}
