import { randomBytes, randomUUID } from 'node:crypto';
import { quoteTable } from '../../src/datasource/identifiers.ts';
import type { ErrorCode } from '../../src/errors.ts';
import type { StatementState } from '../../src/ledger/statement-states.ts';
import type { TestDatabase } from '../database.ts';

/** Writes statements into the system schema as engines and workers do, without running any. */
export function storedStatements(database: TestDatabase) {
  const table = (name: string) => quoteTable({ database: database.systemSchema, table: name });
  const query = (sql: string, values: unknown[] = []) => database.pool.query(sql, values);
  const transition = (id: string, state: StatementState, error: ErrorCode | null = null) =>
    query(`INSERT INTO ${table('transitions')} (statement_id, state, at, error_code) VALUES (?, ?, NOW(6), ?)`, [
      id,
      state,
      error,
    ]);

  return {
    table,

    /** @returns the statement's id */
    async add(kinds: readonly string[], state: StatementState = 'queued'): Promise<string> {
      const id = randomUUID();
      const plan = {
        kind: 'plan',
        version: 6,
        steps: kinds.map((kind, index) => ({ name: `step-${index + 1}`, kind })),
      };
      await query(
        `INSERT INTO ${table('statements')} (id, text, plan, state, submitted_by, submitted_at) VALUES (?, '', ?, ?, 'ada', NOW(6))`,
        [id, JSON.stringify(plan), state],
      );
      await transition(id, state);
      return id;
    },

    async move(id: string, state: StatementState, error: ErrorCode = 'WORKER_FAILED'): Promise<void> {
      await query(
        `UPDATE ${table('statements')} SET state = ?, started_at = COALESCE(started_at, NOW(6)) WHERE id = ?`,
        [state, id],
      );
      await transition(id, state, state === 'failed' ? error : null);
    },

    /** A selection of step-1 with partitions of ten rows, pending. @returns its id */
    async select(statement: string, partitions: number): Promise<Buffer> {
      const selection = randomBytes(16);
      await query(
        `INSERT INTO ${table('selections')} (selection_id, statement_id, step, state, row_count, columns) VALUES (?, ?, 'step-1', 'ready', ?, '[]')`,
        [selection, statement, partitions * 10],
      );
      const rows = Array.from({ length: partitions }, (_, index) => [
        selection,
        index,
        index * 10 + 1,
        index * 10 + 10,
        'pending',
      ]);
      await query(
        `INSERT INTO ${table('partitions')} (selection_id, partition_no, first_row, last_row, state) VALUES ?`,
        [rows],
      );
      return selection;
    },

    /** Begins partition 0 if it has not begun, and counts rows up. */
    async work(selection: Buffer, { done = 0, failed = 0, attempt = 1 }): Promise<void> {
      await query(
        `UPDATE ${table('partitions')} SET state = 'running', attempt = ?, done_rows = done_rows + ?, failed_rows = failed_rows + ?,
           outputs = outputs + ?, decode_ms = decode_ms + 100, infer_ms = infer_ms + 250, write_ms = write_ms + 50, heartbeat_at = NOW(6)
         WHERE selection_id = ? AND partition_no = 0`,
        [attempt, done, failed, 2 * done, selection],
      );
    },

    /** What partition 0 has asked of the first model, so far. */
    async ask(selection: Buffer, asked: number, stored: number): Promise<void> {
      await query(`REPLACE INTO ${table('model_counts')} VALUES (?, 0, 0, ?, 1, ?, 0)`, [selection, asked, stored]);
    },

    query,
  };
}
