import type { Pool, RowDataPacket } from 'mysql2/promise';
import { tablesOf } from './tables.ts';

/** The stored plan of a statement; null: the statement does not exist. */
export async function readPlanJson(pool: Pool, schema: string, statement: string): Promise<string | null> {
  const [[row]] = await pool.query<RowDataPacket[]>(`SELECT plan FROM ${tablesOf(schema)('statements')} WHERE id = ?`, [
    statement,
  ]);
  return row?.plan ?? null;
}
