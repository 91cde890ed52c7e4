import type { Pool, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { endStates } from './statement-states.ts';
import { tablesOf } from './tables.ts';

/** Maximum bytes of stored rows. */
export interface ResultQuota {
  readonly perUser: number;
  readonly total: number;
}

/**
 * Deletes the rows of the oldest results until each user, and all users together, are within the quota. Such a result remains known, as
 * truncated and without rows. Results of statements that have not ended are not deleted.
 * @returns the number of statements whose rows were deleted
 */
export async function keepQuota(pool: Pool, schema: string, { perUser, total }: ResultQuota): Promise<number> {
  const table = tablesOf(schema);
  const kept = `FROM ${table('result_sizes')} AS r JOIN ${table('statements')} AS s ON s.id = r.statement_id WHERE r.bytes > 0`;

  /** @param condition SQL that starts with AND */
  async function evict(excess: number, condition: string, values: readonly unknown[]): Promise<number> {
    const [rows] = await pool.query<RowDataPacket[]>(
      `SELECT s.id, SUM(r.bytes) AS bytes ${kept} AND s.state IN (?) ${condition}
       GROUP BY s.id, s.submitted_at ORDER BY s.submitted_at`,
      [endStates, ...values],
    );
    let evicted = 0;
    for (let freed = 0; freed < excess && evicted < rows.length; evicted++) {
      const { id, bytes } = rows[evicted]!;
      await forgetRows(pool, schema, id);
      freed += Number(bytes);
    }
    return evicted;
  }

  const [users] = await pool.query<RowDataPacket[]>(
    `SELECT s.submitted_by, SUM(r.bytes) AS bytes ${kept} GROUP BY s.submitted_by`,
  );
  let evicted = 0;
  for (const { submitted_by, bytes } of users) {
    const excess = Number(bytes) - perUser;
    if (excess > 0) evicted += await evict(excess, 'AND s.submitted_by = ?', [submitted_by]);
  }
  const left = users.reduce((sum, { bytes }) => sum + Math.min(Number(bytes), perUser), 0);
  return left > total ? evicted + (await evict(left - total, '', [])) : evicted;
}

/** Number of pieces of rows that one DELETE removes. */
const batch = 50;

async function forgetRows(pool: Pool, schema: string, statement: string): Promise<void> {
  const table = tablesOf(schema);
  for (;;) {
    const [deleted] = await pool.query<ResultSetHeader>(
      `DELETE FROM ${table('result_rows')} WHERE statement_id = ? LIMIT ${batch}`,
      [statement],
    );
    if (deleted.affectedRows < batch) break;
  }
  await pool.query(`UPDATE ${table('results')} SET row_count = 0, truncated = TRUE WHERE statement_id = ?`, [
    statement,
  ]);
  await pool.query(`DELETE FROM ${table('result_sizes')} WHERE statement_id = ?`, [statement]);
}
