import type { Pool, RowDataPacket } from 'mysql2/promise';
import { activeStates } from './statement-states.ts';
import { tablesOf } from './tables.ts';

/** How many statements of a user have not ended. */
export async function countActive(pool: Pool, schema: string, user: string): Promise<number> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT COUNT(*) AS active FROM ${tablesOf(schema)('statements')}
     WHERE submitted_by = ? AND state IN (?)`,
    [user, activeStates],
  );
  return Number(rows[0]?.active);
}
