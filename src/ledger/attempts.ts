import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { transaction } from '../datasource/pool.ts';
import { activeStates } from './statement-states.ts';
import type { StatementStatus, StepStatus } from './statement-status.ts';
import { recordTransition } from './statement-writer.ts';
import { errorValues } from './stored-error.ts';
import { tablesOf } from './tables.ts';

/** Which attempt of a statement counts: the one workflow that may write down how it ended. */
export interface Attempts {
  /** Makes a statement that is not in the store yet one of Argo's. */
  begin(statement: string, attempt: number): Promise<void>;
  /** @returns from 1 */
  read(statement: string): Promise<number>;
  /** Writes down how the statement ended, unless it has or a later attempt counts. */
  end(status: StatementStatus, attempt: number): Promise<void>;
  /** Lets an attempt without a workflow count no more, even if one is created yet. @returns the attempt that counts instead */
  skip(statement: string, attempt: number): Promise<number>;
  /** Lets the next attempt count; false: another has done so. Its steps that have not succeeded are pending again. */
  next(statement: string, attempt: number): Promise<boolean>;
  /** The statement runs again in the workflow of an attempt that had ended; nothing where a later one counts. */
  reopen(statement: string, attempt: number): Promise<void>;
}

export function openAttempts(pool: Pool, schema: string): Attempts {
  const table = tablesOf(schema);

  /** Holds the row until the transaction's end. */
  async function counts(connection: PoolConnection, statement: string, attempt: number): Promise<boolean> {
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT attempt FROM ${table('workflows')} WHERE statement_id = ? FOR UPDATE`,
      [statement],
    );
    return rows[0]?.attempt === attempt;
  }

  /** Images of others do not keep the ledger: what their pods did is written down for them. */
  async function keepPartitions(connection: PoolConnection, id: string, step: StepStatus): Promise<void> {
    for (const { number, state, done, attempts } of step.partitions) {
      await connection.query(
        `UPDATE ${table('partitions')} AS p JOIN ${table('selections')} AS s ON s.selection_id = p.selection_id
         SET p.state = ?, p.done_rows = ?, p.attempt = ?
         WHERE s.statement_id = ? AND s.step = ? AND p.partition_no = ?`,
        [state, done, attempts, id, step.name, number],
      );
    }
  }

  /** What has not succeeded is pending again. */
  async function goOn(connection: PoolConnection, id: string, state: 'queued' | 'running'): Promise<void> {
    const [updated] = await connection.query<ResultSetHeader>(
      `UPDATE ${table('statements')} SET state = ?, error_code = NULL, error_message = NULL, error_hint = NULL,
       finished_at = NULL WHERE id = ? AND state <> ?`,
      [state, id, state],
    );
    if (updated.affectedRows === 0) return;
    await recordTransition(connection, schema, id, 'NOW(6)');
    await connection.query(
      `UPDATE ${table('steps')} SET state = 'pending', error_code = NULL, error_message = NULL, error_hint = NULL
       WHERE statement_id = ? AND state <> 'succeeded'`,
      [id],
    );
  }

  return {
    async begin(statement, attempt) {
      await pool.query(
        `INSERT IGNORE INTO ${table('workflows')} (statement_id, attempt)
         SELECT ?, ? FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM ${table('statements')} WHERE id = ?)`,
        [statement, attempt, statement],
      );
    },

    async read(statement) {
      const [rows] = await pool.query<RowDataPacket[]>(
        `SELECT attempt FROM ${table('workflows')} WHERE statement_id = ?`,
        [statement],
      );
      return rows[0]?.attempt ?? 1;
    },

    end: ({ id, plan, state, startedAt, finishedAt, error, steps }, attempt) =>
      transaction(pool, async (connection) => {
        if (!(await counts(connection, id, attempt))) return;
        const [updated] = await connection.query<ResultSetHeader>(
          `UPDATE ${table('statements')} SET state = ?, error_code = ?, error_message = ?, error_hint = ?,
           started_at = ?, finished_at = COALESCE(?, NOW(6)) WHERE id = ? AND state IN (?)`,
          [state, ...errorValues(error), startedAt, finishedAt, id, activeStates],
        );
        if (updated.affectedRows === 1) await recordTransition(connection, schema, id, 'finished_at');
        for (const step of steps) {
          await connection.query(
            `UPDATE ${table('steps')} SET state = ?, error_code = ?, error_message = ?, error_hint = ? WHERE statement_id = ? AND step = ?`,
            [step.state, ...errorValues(step.error), id, step.name],
          );
        }
        const foreign = new Set(plan.steps.filter(({ kind }) => kind === 'foreign').map(({ name }) => name));
        for (const step of steps) if (foreign.has(step.name)) await keepPartitions(connection, id, step);
      }),

    async skip(statement, attempt) {
      await pool.query(
        `UPDATE ${table('workflows')} SET attempt = attempt + 1 WHERE statement_id = ? AND attempt = ?`,
        [statement, attempt],
      );
      return attempt + 1;
    },

    next: (statement, attempt) =>
      transaction(pool, async (connection) => {
        if (!(await counts(connection, statement, attempt))) return false;
        await connection.query(`UPDATE ${table('workflows')} SET attempt = attempt + 1 WHERE statement_id = ?`, [
          statement,
        ]);
        await goOn(connection, statement, 'queued');
        return true;
      }),

    reopen: (statement, attempt) =>
      transaction(pool, async (connection) => {
        if (await counts(connection, statement, attempt)) await goOn(connection, statement, 'running');
      }),
  };
}
