import type { Pool, RowDataPacket } from 'mysql2/promise';
import { runningStates } from './statement-states.ts';
import { tablesOf } from './tables.ts';

/**
 * The lock's name as SQL, of 64 characters: https://dev.mysql.com/doc/refman/8.4/en/locking-functions.html. Every session of the server
 * may take a lock whose name it knows, so a secret of the system schema is part of it, which the text of the query does not show.
 * @param id SQL of the statement's id
 */
export function lockOf(schema: string, id: string): string {
  const secrets = tablesOf(schema)('secrets');
  return `SHA2(CONCAT((SELECT value FROM ${secrets} WHERE name = 'locks'), ${id}), 256)`;
}

/** Which of the statements no engine runs. */
export async function withoutLock(pool: Pool, schema: string, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const holders = ids.map(() => `IS_USED_LOCK(${lockOf(schema, '?')})`).join(', ');
  const [[row]] = await pool.query<RowDataPacket[][]>({
    sql: `SELECT ${holders}`,
    values: [...ids],
    rowsAsArray: true,
  });
  return ids.filter((_, index) => row?.[index] === null);
}

/** The statements of servers that were begun, have not ended and that no engine runs; the oldest first. */
export async function abandonedStatements(pool: Pool, schema: string): Promise<readonly string[]> {
  const table = tablesOf(schema);
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT s.id FROM ${table('statements')} AS s JOIN ${table('submissions')} AS b ON b.statement_id = s.id
     WHERE s.state IN (?)
     AND NOT EXISTS (SELECT 1 FROM ${table('workflows')} AS w WHERE w.statement_id = s.id)
     AND IS_USED_LOCK(${lockOf(schema, 's.id')}) IS NULL
     ORDER BY s.submitted_at`,
    [runningStates],
  );
  return rows.map(({ id }) => id);
}
