import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../datasource/identifiers.ts';
import { transaction } from '../datasource/pool.ts';
import { workSchemaOf } from '../task.ts';
import { endStates, verbSql, workSums } from './statement-ends.ts';

/** Statements, rows of the ledger and pieces of results that one transaction deletes. */
const batch = { statements: 50, ledger: 10_000, results: 50 };

/**
 * Deletes what is kept of statements that ended before a time, but for the sums over all of them; result tables of users stay. A
 * purge that was cut off, and one on several servers at once, comes to the same end.
 *
 * @param olderThan `YYYY-MM-DD HH:MM:SS`, UTC
 * @returns how many statements
 */
export async function purge(pool: Pool, schema: string, olderThan: string, signal?: AbortSignal): Promise<number> {
  let purged = 0;
  for (let more = true; more && !signal?.aborted; ) {
    const forgotten = await forgetStatements(pool, schema, olderThan);
    purged += forgotten;
    more = forgotten === batch.statements;
    await dropRows(pool, schema, signal);
  }
  return purged;
}

/** From here on they cannot be retried; `purges` names those whose many rows are still there. */
function forgetStatements(pool: Pool, schema: string, olderThan: string): Promise<number> {
  const system = (table: string) => quoteTable({ database: schema, table });
  return transaction(pool, async (connection) => {
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT id FROM ${system('statements')} WHERE state IN ('succeeded', 'failed', 'cancelled')
       AND submitted_at < ? AND finished_at < ? ORDER BY submitted_at LIMIT ? FOR UPDATE`,
      [olderThan, olderThan, batch.statements],
    );
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) return 0;
    await connection.query(`INSERT IGNORE INTO ${system('purges')} (statement_id) VALUES ?`, [ids.map((id) => [id])]);
    await connection.query(
      `INSERT INTO ${system('purged_ends')} (verb, state, error_code, ends)
       SELECT verb, state, error_code, COUNT(*) FROM (
         SELECT ${verbSql} AS verb, t.state, COALESCE(t.error_code, '') AS error_code
         FROM ${system('statements')} AS s JOIN ${system('transitions')} AS t ON t.statement_id = s.id
         WHERE s.id IN (?) AND t.state IN (?)
       ) AS e GROUP BY 1, 2, 3 ON DUPLICATE KEY UPDATE ends = ends + VALUES(ends)`,
      [ids, endStates],
    );
    for (const table of ['steps', 'submissions', 'adoptions', 'result_sizes', 'labels', 'transitions', 'workflows']) {
      await connection.query(`DELETE FROM ${system(table)} WHERE statement_id IN (?)`, [ids]);
    }
    await connection.query(`DELETE FROM ${system('statements')} WHERE id IN (?)`, [ids]);
    return ids.length;
  });
}

async function dropRows(pool: Pool, schema: string, signal?: AbortSignal): Promise<void> {
  const system = (table: string) => quoteTable({ database: schema, table });
  const [purges] = await pool.query<RowDataPacket[]>(`SELECT statement_id FROM ${system('purges')}`);
  for (const { statement_id: statement } of purges) {
    const [selections] = await pool.query<RowDataPacket[]>(
      `SELECT selection_id FROM ${system('selections')} WHERE statement_id = ?`,
      [statement],
    );
    for (const { selection_id } of selections) await dropSelection(pool, schema, selection_id, signal);
    await deleteAll(pool, `${system('result_rows')} WHERE statement_id = ?`, [statement], batch.results, signal);
    await deleteAll(pool, `${system('results')} WHERE statement_id = ?`, [statement], batch.results, signal);
    if (signal?.aborted) return;
    await pool.query(`DELETE FROM ${system('purges')} WHERE statement_id = ?`, [statement]);
  }
}

/** What a statement that failed left for its retry goes too: tables as the worker names them, see selection.ts. */
async function dropSelection(pool: Pool, schema: string, id: Buffer, signal?: AbortSignal): Promise<void> {
  const system = (table: string) => quoteTable({ database: schema, table });
  const names = ['selection', 'result', 'replaced'].map((kind) => `${kind}_${id.toString('hex')}`);
  const [left] = await pool.query<RowDataPacket[]>(
    'SELECT TABLE_SCHEMA AS `database`, TABLE_NAME AS `table` FROM information_schema.TABLES WHERE TABLE_SCHEMA IN (?) AND TABLE_NAME IN (?)',
    [[schema, workSchemaOf(schema, true)], names],
  );
  for (const { database, table } of left) await pool.query(`DROP TABLE IF EXISTS ${quoteTable({ database, table })}`);
  await deleteAll(pool, `${system('ledger')} WHERE selection_id = ?`, [id], batch.ledger, signal);
  if (signal?.aborted) return;
  await transaction(pool, (connection) => dropPartitions(connection, system, id));
}

/** Once, whoever purges besides. */
async function dropPartitions(
  connection: PoolConnection,
  system: (table: string) => string,
  id: Buffer,
): Promise<void> {
  const [held] = await connection.query<RowDataPacket[]>(
    `SELECT 1 FROM ${system('selections')} WHERE selection_id = ? FOR UPDATE`,
    [id],
  );
  if (held.length === 0) return;
  const columns = Object.keys(workSums);
  const added = columns.map((column) => `${column} = ${column} + VALUES(${column})`);
  await connection.query(
    `INSERT INTO ${system('purged_work')} (only_row, ${columns.join(', ')})
     SELECT 1, ${Object.values(workSums).join(', ')} FROM ${system('partitions')} AS p WHERE selection_id = ? HAVING COUNT(*) > 0
     ON DUPLICATE KEY UPDATE ${added.join(', ')}`,
    [id],
  );
  for (const table of ['partitions', 'selections']) {
    await connection.query(`DELETE FROM ${system(table)} WHERE selection_id = ?`, [id]);
  }
}

async function deleteAll(
  pool: Pool,
  rows: string,
  values: unknown[],
  limit: number,
  signal?: AbortSignal,
): Promise<void> {
  while (!signal?.aborted) {
    const [deleted] = await pool.query<ResultSetHeader>(`DELETE FROM ${rows} LIMIT ${limit}`, values);
    if (deleted.affectedRows < limit) return;
  }
}
