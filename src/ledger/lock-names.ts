import type { Pool, RowDataPacket } from 'mysql2/promise';
import { runningStates } from './statement-states.ts';
import { tablesOf } from './tables.ts';

/**
 * The lock's name as SQL, with 64 characters: https://dev.mysql.com/doc/refman/8.4/en/locking-functions.html. Any session can take a
 * lock if it knows the name, so the name contains a secret of the system schema. The text of the query does not show the secret.
 * @param id SQL of the statement's id
 */
export function lockOf(schema: string, id: string): string {
  const secrets = tablesOf(schema)('secrets');
  return `SHA2(CONCAT((SELECT value FROM ${secrets} WHERE name = 'locks'), ${id}), 256)`;
}

/** The given statements that no engine runs. */
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

/** Statements of servers that have started, have not ended and that no engine runs; oldest first. */
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
