import { errorOfRecord, MillraceError } from '../../errors.ts';
import { hasEnded } from '../../ledger/statement-states.ts';
import type { StatementStatus } from '../../ledger/statement-status.ts';
import type { User } from '../../service/access/users.ts';
import { refusalOf } from '../../service/refusal.ts';
import { resultOf, resultRows } from '../../service/results.ts';
import type { ServedDatasource } from '../../service/served-datasource.ts';
import type { AnsweredStatement } from '../../service/small-read.ts';
import type { Statement } from '../../service/statement.ts';
import { viewStatement } from '../../service/statement-view.ts';
import { boundText, idOf, type SubmissionRules, submit } from '../../service/submit.ts';
import { waitForEnd } from '../../service/wait-for-end.ts';
import { answerRow, answerRows, type ResultSet } from './result-set.ts';
import { secondsOf } from './show-statements.ts';

export interface ExtendedRun {
  readonly user: User;
  readonly datasource: ServedDatasource;
  readonly rules: SubmissionRules;
  /** Seconds after which the client is answered in any case; null: at the end. */
  readonly wait: number | null;
  /** Aborted when the client leaves or no longer wants to wait. */
  readonly signal: AbortSignal;
  /** Called once the statement can be cancelled. */
  onSubmitted(id: string): void;
}

/** A wait without an end is made of such rounds. */
const roundSeconds = 600;

/** Runs a program of extended statements. @throws {MillraceError} its errors, or how it failed */
export async function runExtended(sql: string, run: ExtendedRun): Promise<ResultSet> {
  const { user, datasource, rules, wait, signal } = run;
  const text = await boundText(sql, undefined, datasource, rules);
  const asked = { user, datasource, labels: {}, key: undefined };
  const id = idOf(asked);
  const answered = await submit(asked, id, text, wait ?? roundSeconds, rules, () => {});
  if (answered !== null) return ofAnswered(answered);
  run.onSubmitted(id);
  return ofStatus(run, await ended(datasource, id, wait, signal));
}

async function ended(
  datasource: ServedDatasource,
  id: string,
  wait: number | null,
  signal: AbortSignal,
): Promise<StatementStatus> {
  if (wait !== null) return waitForEnd(datasource, id, wait, signal);
  for (;;) {
    const status = await waitForEnd(datasource, id, roundSeconds, signal);
    if (hasEnded(status) || signal.aborted) return status;
  }
}

function ofAnswered({ result: { columns, rows } }: AnsweredStatement): ResultSet {
  return { columns, rows: rows.map((row) => answerRow(columns, JSON.parse(row))) };
}

async function ofStatus({ datasource, signal }: ExtendedRun, status: StatementStatus): Promise<ResultSet> {
  const { id, state, error } = status;
  const refusal = refusalOf(status);
  if (refusal !== null) throw refusal;
  if (state === 'failed' && error !== null) {
    const known = errorOfRecord(error);
    throw new MillraceError(known?.code ?? 'INTERNAL', `${error.message} (statement ${id})`, { hint: known?.hint });
  }
  if (state === 'cancelled') throw cancelled(id);
  const view = await viewStatement(datasource, status);
  const last = view.results.at(-1);
  if (state !== 'succeeded' || last?.kind !== 'rows') return summary(view);
  const { columns, batches } = await resultRows(datasource, resultOf(status, view.results, undefined), signal);
  return { columns, rows: answerRows(columns, batches) };
}

export function cancelled(id: string): MillraceError {
  return new MillraceError('CANCELLED', `the statement ${id} was cancelled`);
}

const summaryColumns: ResultSet['columns'] = [
  { name: 'table', type: 'string' },
  { name: 'rows', type: 'bigint' },
  { name: 'selected', type: 'bigint' },
  { name: 'failed', type: 'bigint' },
  { name: 'seconds', type: 'double' },
  { name: 'state', type: 'string' },
  { name: 'id', type: 'string' },
];

/** A row for each step: the table that it writes, its rows, and the rows that were selected and that failed. */
function summary(view: Statement): ResultSet {
  const { id, state, steps } = view;
  const seconds = secondsOf(view);
  const rows = steps.map(({ into, rows: selected, partitions }) => {
    const sum = (of: 'outputs' | 'failed') => partitions.reduce((total, partition) => total + partition[of], 0);
    const known = partitions.length > 0;
    return [into, known ? sum('outputs') : null, selected, known ? sum('failed') : null, seconds, state, id];
  });
  return { columns: summaryColumns, rows: rows.map((row) => answerRow(summaryColumns, row)) };
}
