import type { Pool, RowDataPacket } from 'mysql2/promise';
import { tablesOf } from './tables.ts';

/** The stored plan of a statement; null: the statement does not exist. */
export async function readPlanJson(pool: Pool, schema: string, statement: string): Promise<string | null> {
  const [[row]] = await pool.query<RowDataPacket[]>(`SELECT plan FROM ${tablesOf(schema)('statements')} WHERE id = ?`, [
    statement,
  ]);
  return row?.plan ?? null;
}

/** The text of one statement of a program; null: it does not exist. */
export async function readStatementText(
  pool: Pool,
  schema: string,
  statement: string,
  step: string,
): Promise<string | null> {
  const [[row]] = await pool.query<RowDataPacket[]>(
    `SELECT text, plan FROM ${tablesOf(schema)('statements')} WHERE id = ?`,
    [statement],
  );
  if (row === undefined) return null;
  const { steps }: { steps: readonly { name: string; span: { start: number; end: number } }[] } = JSON.parse(row.plan);
  const span = steps.find(({ name }) => name === step)?.span;
  return span === undefined ? null : String(row.text).slice(span.start, span.end);
}
