import type { Pool, RowDataPacket } from 'mysql2/promise';

/**
 * Names of the tables and views that an account may see, as a statement in its own database writes them; at most 5000.
 *
 * @param hidden schemas whose tables are nobody's to name: Millrace's own
 */
export async function listTables(pool: Pool, hidden: readonly string[]): Promise<readonly string[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT IF(TABLE_SCHEMA = DATABASE(), TABLE_NAME, CONCAT(TABLE_SCHEMA, '.', TABLE_NAME)) AS name
     FROM information_schema.TABLES
     WHERE TABLE_SCHEMA NOT IN ('sys', 'information_schema', 'performance_schema', 'mysql', ?)
     ORDER BY name LIMIT 5000`,
    [hidden],
  );
  return rows.map(({ name }) => name);
}
