import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { transaction } from '../datasource/pool.ts';
import { keepsLedger } from '../plan/step-facts.ts';
import { noteDueLogs } from './pod-logs.ts';
import { activeStates } from './statement-states.ts';
import type { StatementStatus, StepStatus } from './statement-status.ts';
import { recordTransition, resetSteps } from './statement-writer.ts';
import { errorValues } from './stored-error.ts';
import { tablesOf } from './tables.ts';

/** Which attempt of a statement counts: only that workflow may store how the statement ended. */
export interface Attempts {
  /** Marks a statement that is not stored yet as one that runs on Argo. */
  begin(statement: string, attempt: number): Promise<void>;
  /** @returns the number of the attempt that counts; the first is 1 */
  read(statement: string): Promise<number>;
  /** Stores how the statement ended, unless it has already ended or a later attempt counts. */
  end(status: StatementStatus, attempt: number): Promise<void>;
  /** Invalidates an attempt without a workflow, even if one is created later. @returns the attempt that counts instead */
  skip(statement: string, attempt: number): Promise<number>;
  /** Makes the next attempt count and its unfinished steps pending again. @returns false if another process has done so */
  next(statement: string, attempt: number): Promise<boolean>;
  /** Marks the statement as running again in the workflow of an attempt that had ended. Does nothing if a later attempt counts. */
  reopen(statement: string, attempt: number): Promise<void>;
}

export function openAttempts(pool: Pool, schema: string): Attempts {
  const table = tablesOf(schema);

  /** Locks the row until the end of the transaction. */
  async function counts(connection: PoolConnection, statement: string, attempt: number): Promise<boolean> {
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT attempt FROM ${table('workflows')} WHERE statement_id = ? FOR UPDATE`,
      [statement],
    );
    return rows[0]?.attempt === attempt;
  }

  /** Stores the progress of a foreign image's pods, because foreign images do not write to the ledger. */
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

  /** Resumes the statement: steps that have not succeeded are pending again. */
  async function goOn(connection: PoolConnection, id: string, state: 'queued' | 'running'): Promise<void> {
    const [updated] = await connection.query<ResultSetHeader>(
      `UPDATE ${table('statements')} SET state = ?, error_code = NULL, error_message = NULL, error_hint = NULL,
       finished_at = NULL WHERE id = ? AND state NOT IN (?, 'cancelling')`,
      [state, id, state],
    );
    if (updated.affectedRows === 0) return;
    await recordTransition(connection, schema, id, 'NOW(6)');
    await resetSteps(connection, schema, id);
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
        if (updated.affectedRows === 1) {
          await recordTransition(connection, schema, id, 'finished_at');
          await noteDueLogs(connection, schema, { statement: id, attempt });
        }
        for (const step of steps) {
          await connection.query(
            `UPDATE ${table('steps')} SET state = ?, error_code = ?, error_message = ?, error_hint = ? WHERE statement_id = ? AND step = ?`,
            [step.state, ...errorValues(step.error), id, step.name],
          );
        }
        const kinds = new Map(plan.steps.map(({ name, kind }) => [name, kind]));
        for (const step of steps) {
          const kind = kinds.get(step.name);
          if (kind !== undefined && !keepsLedger[kind]) await keepPartitions(connection, id, step);
        }
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
