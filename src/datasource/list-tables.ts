import type { Pool, RowDataPacket } from 'mysql2/promise';

/**
 * Lists at most 5000 tables and views that the account may see, named as in a statement in its default database.
 *
 * @param hidden schemas that are not listed: Millrace's own
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
