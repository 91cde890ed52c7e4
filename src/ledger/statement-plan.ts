import type { Pool, RowDataPacket } from 'mysql2/promise';
import { tablesOf } from './tables.ts';

/** The plan of a statement as it was stored; null: there is no such statement. */
export async function readPlanJson(pool: Pool, schema: string, statement: string): Promise<string | null> {
  const [[row]] = await pool.query<RowDataPacket[]>(`SELECT plan FROM ${tablesOf(schema)('statements')} WHERE id = ?`, [
    statement,
  ]);
  return row?.plan ?? null;
}
