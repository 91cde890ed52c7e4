import type { Pool, RowDataPacket } from 'mysql2/promise';
import { settledStates } from './statement-states.ts';
import { tablesOf } from './tables.ts';

/**
 * What changes whenever the stored record of an ended statement does: by a retry, which gives it another end, or when its rows are deleted.
 * @returns null if it has not ended, or does not exist
 */
export async function readEndVersion(pool: Pool, schema: string, statement: string): Promise<string | null> {
  const table = tablesOf(schema);
  const [[row]] = await pool.query<RowDataPacket[]>(
    `SELECT CONCAT_WS(' ', s.state, s.finished_at,
       (SELECT SUM(bytes) FROM ${table('result_sizes')} WHERE statement_id = s.id)) AS version
     FROM ${table('statements')} AS s WHERE s.id = ? AND s.state IN (?)`,
    [statement, settledStates],
  );
  return row?.version ?? null;
}
