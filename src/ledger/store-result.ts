import { type ResultColumn, type Row, resultColumns, sentValues } from '../datasource/column-types.ts';
import { withReconnect } from '../datasource/pool.ts';
import { endStatement, noteChanges, type ProgramSession } from '../datasource/program-session.ts';
import { asRefusal } from '../datasource/refused-statement.ts';
import { streamRows } from '../datasource/row-stream.ts';
import { MillraceError } from '../errors.ts';
import { type ResultTarget, resultWriter } from './result-writer.ts';
import type { StoredResult } from './results.ts';
import { tablesOf } from './tables.ts';

/** Receives all rows of a statement as they arrive, including those that are not stored. */
export interface RowTap {
  /** Called at the start of each result set. */
  begin(step: string, columns: readonly ResultColumn[]): void;
  /** No further rows are read until this resolves. */
  add(rows: readonly Row[]): Promise<void>;
  end(): Promise<void>;
}

/**
 * Runs a statement and stores its rows, replacing earlier rows of its step. Of several result sets, the last is stored. A statement that
 * only reads is stopped once it has returned more rows than are stored, unless there is a tap. Any other statement runs to its end,
 * because it may write.
 *
 * @param signal an abort stops the statement in the database
 * @returns null if the statement returns no rows; then nothing is stored
 * @throws the signal's reason after an abort, MillraceError STATEMENT_TIMEOUT, QUERY_REFUSED, QUERY_FAILED, DATABASE_…
 */
export async function storeResult(
  session: ProgramSession,
  query: { readonly sql: string; readonly onlyReads: boolean },
  target: ResultTarget,
  signal: AbortSignal,
  tap?: RowTap,
): Promise<StoredResult | null> {
  const { statementSeconds: seconds } = session;
  const deadline = new AbortController();
  const timer =
    seconds === null ? undefined : setTimeout(() => deadline.abort(tooLong(target.step, seconds)), seconds * 1000);
  try {
    const ended = AbortSignal.any([signal, deadline.signal]);
    const { result, affectedRows } = await runAndStore(session, query, target, ended, tap);
    if (affectedRows > 0 || (result === null && !query.onlyReads))
      await storeCount(target, affectedRows, signal).catch(throwStoredNothing(target, signal));
    return result;
  } finally {
    clearTimeout(timer);
  }
}

/** The statement has already been executed when its result cannot be stored. If it failed, a retry would repeat it. */
function throwStoredNothing({ step }: ResultTarget, signal: AbortSignal): (error: unknown) => never {
  return (cause) => {
    if (signal.aborted || !(cause instanceof MillraceError)) throw cause;
    const message = `the database executed ${step}, but its result could not be stored: ${cause.message}`;
    throw new MillraceError('STATEMENT_UNCERTAIN', message, { cause });
  };
}

function throwAsItIs(error: unknown): never {
  throw error;
}

function storeCount({ pool, schema, statement, step }: ResultTarget, count: number, signal: AbortSignal) {
  const sql = `UPDATE ${tablesOf(schema)('steps')} SET affected_rows = ? WHERE statement_id = ? AND step = ?`;
  return withReconnect(() => pool.query(sql, [count, statement, step]), { signal });
}

function tooLong(step: string, seconds: number): MillraceError {
  return new MillraceError('STATEMENT_TIMEOUT', `${step} ran longer than ${seconds} s and was stopped`);
}

const isTimeout = (error: unknown) => error instanceof MillraceError && error.code === 'STATEMENT_TIMEOUT';

async function runAndStore(
  session: ProgramSession,
  { sql, onlyReads }: { readonly sql: string; readonly onlyReads: boolean },
  target: ResultTarget,
  signal: AbortSignal,
  tap?: RowTap,
): Promise<{ readonly result: StoredResult | null; readonly affectedRows: number }> {
  const writer = resultWriter(target, signal);
  const throwNotStored = onlyReads ? throwAsItIs : throwStoredNothing(target, signal);
  let isDone = false;
  let affectedRows = 0;
  const rows = streamRows(session.connection, {
    sql,
    signal,
    leave: (ended) => endStatement(session, ended, signal),
    onOk({ stateChanges, ...ok }) {
      isDone = true;
      affectedRows = ok.affectedRows;
      noteChanges(session, stateChanges);
    },
  });
  let fields: unknown;
  let sent = (row: unknown[]): Row => row;
  try {
    for await (const batch of rows) {
      if (batch.fields !== fields) {
        const columns = resultColumns(batch.fields, session.utc);
        writer.begin(columns);
        sent = sentValues(columns);
        if (fields !== undefined) await tap?.end();
        tap?.begin(target.step, columns);
      }
      fields = batch.fields;
      await tap?.add(batch.rows.map((row) => sent([...row])));
      const isFull = !(await writer.add(batch.rows).catch(throwNotStored));
      if (isFull && onlyReads && tap === undefined) break;
    }
  } catch (error) {
    // The database has executed it nevertheless. If it were reported as stopped, a retry would repeat it.
    if (fields === undefined && isDone && isTimeout(error)) return { result: null, affectedRows };
    throw fields === undefined ? asRefusal(error) : error;
  } finally {
    if (fields !== undefined) await tap?.end();
  }
  return { result: await writer.end().catch(throwNotStored), affectedRows };
}
