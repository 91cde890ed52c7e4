import type { Pool, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../datasource/identifiers.ts';
import { transaction } from '../datasource/pool.ts';
import { MillraceError } from '../errors.ts';
import type { StatementError, StatementState, StatementStatus, StepStatus, Submission } from './engine.ts';

/** The statements of one engine as the system schema holds them. */
export interface StatementStore {
  /** False: the id was there already. */
  insert(submission: Submission): Promise<boolean>;
  read(id: string): Promise<StoredStatement>;
  list(): Promise<readonly StoredStatement[]>;
  /** Moves on only from one of the given states; false: it was in another. */
  move(
    id: string,
    from: readonly StatementState[],
    to: StatementState,
    error?: StatementError | null,
  ): Promise<boolean>;
  moveStep(id: string, step: string, state: StepStatus['state'], error?: StatementError | null): Promise<void>;
}

/** A statement without its steps, which its workers keep. */
export type StoredStatement = Omit<StatementStatus, 'steps'>;

export function openStatementStore(pool: Pool, schema: string, engine: 'local' | 'argo'): StatementStore {
  const statements = quoteTable({ database: schema, table: 'statements' });
  const steps = quoteTable({ database: schema, table: 'steps' });
  const workflows = quoteTable({ database: schema, table: 'workflows' });
  const select = `SELECT id, text, plan, state, submitted_by, submitted_at, started_at, finished_at,
    error_code, error_message, error_hint FROM ${statements}
    WHERE ${engine === 'argo' ? '' : 'NOT '}EXISTS (SELECT 1 FROM ${workflows} WHERE statement_id = id)`;

  return {
    insert: ({ id, text, plan, submittedBy }) =>
      transaction(pool, async (connection) => {
        const [inserted] = await connection.query<ResultSetHeader>(
          `INSERT IGNORE INTO ${statements} (id, text, plan, state, submitted_by, submitted_at) VALUES (?, ?, ?, 'queued', ?, NOW(6))`,
          [id, text, JSON.stringify(plan), submittedBy],
        );
        if (inserted.affectedRows === 0) return false;
        const rows = plan.steps.map(({ name }, position) => [id, name, position, 'pending']);
        if (rows.length > 0) {
          await connection.query(`INSERT INTO ${steps} (statement_id, step, position, state) VALUES ?`, [rows]);
        }
        return true;
      }),

    async read(id) {
      const [rows] = await pool.query<RowDataPacket[]>(`${select} AND id = ?`, [id]);
      if (rows[0] !== undefined) return storedStatement(rows[0]);
      const hint = 'millrace list shows the statements';
      throw new MillraceError('UNKNOWN_STATEMENT', `there is no statement ${id}`, { hint });
    },

    async list() {
      const [rows] = await pool.query<RowDataPacket[]>(`${select} ORDER BY submitted_at DESC, id DESC LIMIT 100`);
      return rows.map(storedStatement);
    },

    async move(id, from, to, error = null) {
      const started = to === 'running' ? ', started_at = COALESCE(started_at, NOW(6)), finished_at = NULL' : '';
      const finished = ['succeeded', 'failed', 'cancelled'].includes(to) ? ', finished_at = NOW(6)' : '';
      const [updated] = await pool.query<ResultSetHeader>(
        `UPDATE ${statements} SET state = ?, error_code = ?, error_message = ?, error_hint = ?${started}${finished}
         WHERE id = ? AND state IN (?)`,
        [to, ...errorValues(error), id, from],
      );
      return updated.affectedRows === 1;
    },

    async moveStep(id, step, state, error = null) {
      await pool.query(
        `UPDATE ${steps} SET state = ?, error_code = ?, error_message = ?, error_hint = ? WHERE statement_id = ? AND step = ?`,
        [state, ...errorValues(error), id, step],
      );
    },
  };
}

function errorValues(error: StatementError | null) {
  return [error?.code ?? null, error?.message ?? null, error?.hint ?? null];
}

function storedStatement(row: RowDataPacket): StoredStatement {
  return {
    id: row.id,
    text: row.text,
    plan: typeof row.plan === 'string' ? JSON.parse(row.plan) : row.plan,
    state: row.state,
    submittedBy: row.submitted_by,
    submittedAt: row.submitted_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    error: errorOf(row),
  };
}

export function errorOf(row: RowDataPacket): StatementError | null {
  if (row.error_code === null) return null;
  return { code: row.error_code, message: row.error_message, hint: row.error_hint };
}
