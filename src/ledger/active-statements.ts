import type { Pool, RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../datasource/identifiers.ts';

/** How many statements of a user have not ended. */
export async function countActive(pool: Pool, schema: string, user: string): Promise<number> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT COUNT(*) AS active FROM ${quoteTable({ database: schema, table: 'statements' })}
     WHERE submitted_by = ? AND state IN ('queued', 'running', 'cancelling')`,
    [user],
  );
  return Number(rows[0]?.active);
}
