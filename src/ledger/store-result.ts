import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import { type ResultColumn, type Row, resultColumns, sentValues } from '../datasource/column-types.ts';
import { withReconnect } from '../datasource/pool.ts';
import { asRefusal } from '../datasource/refused-statement.ts';
import { streamRows } from '../datasource/row-stream.ts';
import { MillraceError } from '../errors.ts';
import { type ResultTarget, resultWriter } from './result-writer.ts';
import type { StatementRules, StoredResult } from './results.ts';
import { tablesOf } from './tables.ts';

/** A connection on which the statements of a program run one after the other. */
export interface ProgramSession {
  readonly connection: PoolConnection;
  /** Has another connection to end a statement of this one. */
  readonly pool: Pool;
  /** Whether the session's time zone is UTC. */
  utc: boolean;
  /** A statement that runs longer is ended; null: none is. */
  readonly statementSeconds: number | null;
  /** Its database after the last USE; undefined: none was seen. */
  database?: string;
}

/** @param rules.readOnly its statements cannot write, but to temporary tables */
export async function openProgramSession(
  pool: Pool,
  { readOnly, statementSeconds }: Pick<StatementRules, 'readOnly' | 'statementSeconds'>,
): Promise<ProgramSession> {
  const connection = await pool.getConnection();
  if (readOnly) await connection.query('SET SESSION TRANSACTION READ ONLY');
  return { connection, pool, utc: await isUtc(connection), statementSeconds };
}

/** A session begins in the server's time zone, which may be that of its machine. */
async function isUtc(connection: PoolConnection): Promise<boolean> {
  const [[row]] = await connection.query<RowDataPacket[]>(
    "SELECT IF(@@session.time_zone = 'SYSTEM', @@system_time_zone, @@session.time_zone) AS zone",
  );
  return utcNames.has(row?.zone);
}

const utcNames = new Set(['UTC', '+00:00', 'GMT', 'Etc/UTC']);

/** Is given all rows of a statement as they come, also those that are not kept. */
export interface RowTap {
  /** A result set begins. */
  begin(step: string, columns: readonly ResultColumn[]): void;
  /** Nothing more is read until it has taken them. */
  add(rows: readonly Row[]): Promise<void>;
  end(): Promise<void>;
}

/**
 * Runs a statement and stores the rows that it returns in place of those stored of its step before. Of several result sets the last
 * is kept. A statement that only reads is ended once its rows are more than are kept, unless a tap takes them; every other runs to its
 * end, as it may write.
 *
 * @param signal an abort ends the statement in the database
 * @returns null where the statement returns no rows; then nothing is stored
 * @throws the signal's reason once it is aborted, MillraceError STATEMENT_TIMEOUT, QUERY_REFUSED, QUERY_FAILED, DATABASE_…
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

/** The statement is done by then, whatever keeps its count from being stored: to call that a failure would have it repeated. */
function throwStoredNothing({ step }: ResultTarget, signal: AbortSignal): (error: unknown) => never {
  return (cause) => {
    if (signal.aborted || !(cause instanceof MillraceError)) throw cause;
    const message = `the database ran ${step}, but what came of it could not be stored: ${cause.message}`;
    throw new MillraceError('STATEMENT_UNCERTAIN', message, {
      hint: 'look at its tables before you retry: a retry runs it again',
      cause,
    });
  };
}

function storeCount({ pool, schema, statement, step }: ResultTarget, count: number, signal: AbortSignal) {
  const sql = `UPDATE ${tablesOf(schema)('steps')} SET affected_rows = ? WHERE statement_id = ? AND step = ?`;
  return withReconnect(() => pool.query(sql, [count, statement, step]), { signal });
}

function tooLong(step: string, seconds: number): MillraceError {
  return new MillraceError('STATEMENT_TIMEOUT', `${step} ran longer than ${seconds} s, and was ended`, {
    hint: 'have it do less at once, or ask for a higher limits.maxStatementSeconds of your role',
  });
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
  let isDone = false;
  let affectedRows = 0;
  const rows = streamRows(session.connection, {
    sql,
    signal,
    leave: (ended) => endStatement(session, ended, signal),
    onOk({ stateChanges, ...ok }) {
      isDone = true;
      affectedRows = ok.affectedRows;
      const zone = stateChanges?.systemVariables.time_zone;
      if (zone !== undefined) session.utc = utcNames.has(zone);
      if (stateChanges?.schema) session.database = stateChanges.schema;
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
      const isFull = !(await writer.add(batch.rows));
      if (isFull && onlyReads && tap === undefined) break;
    }
  } catch (error) {
    // The database has done it all the same: to say that it was ended would have it done twice.
    if (fields === undefined && isDone && isTimeout(error)) return { result: null, affectedRows };
    throw fields === undefined ? asRefusal(error) : error;
  } finally {
    if (fields !== undefined) await tap?.end();
  }
  return { result: await writer.end(), affectedRows };
}

/** After an abort nobody waits any longer for a database that does not answer; the session is of no use then. */
const mostTries = 10;

/** Again and again: the first may come before the statement has begun. */
async function endStatement(
  { pool, connection }: ProgramSession,
  ended: Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  for (let tries = 1, over = false; !over; tries++) {
    const killed = pool.query(`KILL QUERY ${connection.threadId}`).catch(() => {});
    over = await Promise.race([Promise.all([ended, killed]).then(() => true), sleep(1000, false, { ref: false })]);
    if (!over && signal.aborted && tries >= mostTries) return connection.destroy();
  }
  // One that came too late would end the next statement.
  await connection.query('DO 0').catch(() => {});
}
