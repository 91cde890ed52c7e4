import type { Pool, RowDataPacket } from 'mysql2/promise';
import { abortableQuery } from './abortable-query.ts';

/** More would be felt by who waits for a plan. */
const mostMs = 1000;

/**
 * Number of rows of a query, which the database executes for it; null if that takes longer than a second or fails: its columns may have
 * the same name twice, which a derived table cannot have.
 */
export async function countRows(pool: Pool, query: string): Promise<number | null> {
  try {
    const sql = `SELECT COUNT(*) AS n FROM (\n${query}\n) AS millrace_counted`;
    const [rows] = await abortableQuery(pool, { sql }, AbortSignal.timeout(mostMs));
    return Number((rows as RowDataPacket[])[0]?.n);
  } catch {
    return null;
  }
}
