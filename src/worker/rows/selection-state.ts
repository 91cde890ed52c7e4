import type { RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../../datasource/identifiers.ts';
import { MillraceError } from '../../errors.ts';
import type { WorkerContext } from '../context.ts';

export interface SelectionState {
  readonly state: 'ready' | 'publishing' | 'published';
  readonly rows: number;
  readonly columns: readonly string[];
  readonly imageColumn: string;
}

/** What `prepare` has written down; null: nothing yet. */
export async function readSelection({
  pool,
  schema,
  names,
}: Pick<WorkerContext, 'pool' | 'schema' | 'names'>): Promise<SelectionState | null> {
  const [found] = await pool.query<RowDataPacket[]>(
    `SELECT state, row_count, columns, image_column FROM ${quoteTable({ database: schema, table: 'selections' })}
     WHERE selection_id = ?`,
    [names.id],
  );
  const [row] = found;
  if (row === undefined) return null;
  const columns = typeof row.columns === 'string' ? JSON.parse(row.columns) : row.columns;
  return { state: row.state, rows: Number(row.row_count), columns, imageColumn: row.image_column };
}

/** @throws {MillraceError} TASK_INVALID where `prepare` has not run */
export async function requireSelection(context: WorkerContext): Promise<SelectionState> {
  const selection = await readSelection(context);
  if (selection !== null) return selection;
  throw new MillraceError('TASK_INVALID', `the selection of ${context.task.step} is not prepared`);
}
