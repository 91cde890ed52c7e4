import type { Pool, PoolConnection, ResultSetHeader } from 'mysql2/promise';
import { transaction } from '../datasource/pool.ts';
import type { ErrorRecord } from '../errors.ts';
import { runningStates, type StatementState, settledStates } from './statement-states.ts';
import type { StepStatus } from './statement-status.ts';
import { errorValues } from './stored-error.ts';
import { tablesOf } from './tables.ts';

/** Changes states, those of statements together with a row in `transitions`. All return false if the state was different or the condition is not met. */
export interface StatementWriter {
  /** Changes the state of a statement that is in one of the given states. */
  move(id: string, from: readonly StatementState[], to: StatementState, error?: ErrorRecord | null): Promise<boolean>;
  moveStep(id: string, step: string, state: StepStatus['state'], error?: ErrorRecord | null): Promise<boolean>;
  /** Changes a step of a running statement to `running`, from one of the given states. The same `run` may repeat this. */
  beginStep(id: string, step: string, from: readonly StepStatus['state'][], run: string): Promise<boolean>;
  /** Marks a statement as succeeded, and its steps that are still running. */
  succeed(id: string): Promise<boolean>;
  /** Resumes a statement that had ended: steps that have not succeeded are pending again. */
  restart(id: string, from: readonly StatementState[]): Promise<boolean>;
}

/**
 * @param condition SQL that must be true for a statement to be changed; receives the column with its id
 */
export function openStatementWriter(
  pool: Pool,
  schema: string,
  condition: (id: string) => string = () => 'TRUE',
): StatementWriter {
  const statements = tablesOf(schema)('statements');
  const steps = tablesOf(schema)('steps');

  async function move(
    connection: PoolConnection,
    id: string,
    from: readonly StatementState[],
    to: StatementState,
    error: ErrorRecord | null,
  ): Promise<boolean> {
    const started = to === 'running' ? ', started_at = COALESCE(started_at, NOW(6)), finished_at = NULL' : '';
    const ends = settledStates.some((end) => end === to);
    const [updated] = await connection.query<ResultSetHeader>(
      `UPDATE ${statements} SET state = ?, error_code = ?, error_message = ?, error_hint = ?${started}${ends ? ', finished_at = NOW(6)' : ''}
       WHERE id = ? AND state IN (?) AND ${condition('id')}`,
      [to, ...errorValues(error), id, from],
    );
    if (updated.affectedRows === 0) return false;
    await recordTransition(connection, schema, id, ends ? 'finished_at' : 'NOW(6)');
    return true;
  }

  return {
    move: (id, from, to, error = null) => transaction(pool, (connection) => move(connection, id, from, to, error)),

    async moveStep(id, step, state, error = null) {
      const [updated] = await pool.query<ResultSetHeader>(
        `UPDATE ${steps} SET state = ?, error_code = ?, error_message = ?, error_hint = ?
         WHERE statement_id = ? AND step = ? AND ${condition('statement_id')}`,
        [state, ...errorValues(error), id, step],
      );
      return updated.affectedRows === 1;
    },

    async beginStep(id, step, from, run) {
      const [updated] = await pool.query<ResultSetHeader>(
        `UPDATE ${steps} SET state = 'running', begun_by = ?, affected_rows = NULL, error_code = NULL, error_message = NULL, error_hint = NULL
         WHERE statement_id = ? AND step = ? AND (state IN (?) OR state = 'running' AND begun_by = ?) AND ${condition('statement_id')}
         AND EXISTS (SELECT 1 FROM ${statements} AS s WHERE s.id = statement_id AND s.state IN (?))`,
        [run, id, step, from, run, runningStates],
      );
      return updated.affectedRows === 1;
    },

    succeed: (id) =>
      transaction(pool, async (connection) => {
        if (!(await move(connection, id, runningStates, 'succeeded', null))) return false;
        await connection.query(`UPDATE ${steps} SET state = 'succeeded' WHERE statement_id = ? AND state = 'running'`, [
          id,
        ]);
        return true;
      }),

    restart: (id, from) =>
      transaction(pool, async (connection) => {
        if (!(await move(connection, id, from, 'running', null))) return false;
        await resetSteps(connection, schema, id);
        return true;
      }),
  };
}

/** Records that the statement entered the state of its row. Runs in the transaction that wrote the row. @param at SQL of the time */
export async function recordTransition(
  connection: PoolConnection,
  schema: string,
  id: string,
  at: string,
): Promise<void> {
  await connection.query(
    `INSERT INTO ${tablesOf(schema)('transitions')} (statement_id, state, at, error_code)
     SELECT id, state, ${at}, error_code FROM ${tablesOf(schema)('statements')} WHERE id = ?`,
    [id],
  );
}

/** The steps of a statement that is resumed after its end: those that have not succeeded are pending again. */
export async function resetSteps(connection: PoolConnection, schema: string, id: string): Promise<void> {
  await connection.query(
    `UPDATE ${tablesOf(schema)('steps')} SET state = 'pending', error_code = NULL, error_message = NULL, error_hint = NULL
     WHERE statement_id = ? AND state <> 'succeeded'`,
    [id],
  );
}
