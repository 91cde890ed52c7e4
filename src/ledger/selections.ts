import type { Pool, RowDataPacket } from 'mysql2/promise';
import { transaction } from '../datasource/pool.ts';
import { MillraceError } from '../errors.ts';
import type { SelectionNames } from './selection-names.ts';
import type { PartitionRows } from './shares.ts';
import { tablesOf } from './tables.ts';

/** The rows of a step, in a system schema. */
export interface SelectionPlace {
  readonly pool: Pool;
  /** Name of the system schema. */
  readonly schema: string;
  readonly names: Pick<SelectionNames, 'id'>;
}

export interface SelectionState {
  readonly state: 'ready' | 'publishing' | 'published';
  readonly rows: number;
  readonly columns: readonly string[];
}

/** The selection that `prepare` recorded; null: none yet. */
export async function readSelection({ pool, schema, names }: SelectionPlace): Promise<SelectionState | null> {
  const [found] = await pool.query<RowDataPacket[]>(
    `SELECT state, row_count, columns FROM ${tablesOf(schema)('selections')} WHERE selection_id = ?`,
    [names.id],
  );
  const [row] = found;
  if (row === undefined) return null;
  const columns = typeof row.columns === 'string' ? JSON.parse(row.columns) : row.columns;
  return { state: row.state, rows: Number(row.row_count), columns };
}

/** @throws {MillraceError} TASK_INVALID if `prepare` has not run */
export async function requireSelection(place: SelectionPlace, step: string): Promise<SelectionState> {
  const selection = await readSelection(place);
  if (selection !== null) return selection;
  throw new MillraceError('TASK_INVALID', `the selection of ${step} is not prepared`);
}

export interface NewSelection {
  readonly statement: string;
  readonly step: string;
  readonly rows: number;
  readonly columns: readonly string[];
  readonly partitions: readonly PartitionRows[];
}

/** Records that the selection is ready, in one transaction with its partitions. */
export async function recordSelection(
  { pool, schema, names }: SelectionPlace,
  { statement, step, rows, columns, partitions }: NewSelection,
): Promise<void> {
  const table = tablesOf(schema);
  await transaction(pool, async (connection) => {
    await connection.query(`DELETE FROM ${table('partitions')} WHERE selection_id = ?`, [names.id]);
    if (partitions.length > 0)
      await connection.query(
        `INSERT INTO ${table('partitions')} (selection_id, partition_no, first_row, last_row, state) VALUES ?`,
        [partitions.map(({ number, first, last }) => [names.id, number, first, last, 'pending'])],
      );
    await connection.query(
      `REPLACE INTO ${table('selections')} (selection_id, statement_id, step, state, row_count, columns)
       VALUES (?, ?, ?, 'ready', ?, ?)`,
      [names.id, statement, step, rows, JSON.stringify(columns)],
    );
  });
}

export async function markPublishing({ pool, schema, names }: SelectionPlace): Promise<void> {
  await pool.query(`UPDATE ${tablesOf(schema)('selections')} SET state = 'publishing' WHERE selection_id = ?`, [
    names.id,
  ]);
}

/** @param summary counts over its rows; null: they are not counted */
export async function markPublished({ pool, schema, names }: SelectionPlace, summary: object | null): Promise<void> {
  await pool.query(
    `UPDATE ${tablesOf(schema)('selections')} SET state = 'published', summary = ? WHERE selection_id = ?`,
    [summary === null ? null : JSON.stringify(summary), names.id],
  );
}
