import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../datasource/identifiers.ts';
import { transaction } from '../datasource/pool.ts';
import { workSchemaOf } from '../task.ts';
import { purgeSets } from './answer-sets.ts';
import { purgeAnswers } from './answers.ts';
import { sweepFiles } from './model-files.ts';
import { namesOfTables, selectionNames } from './selection-names.ts';
import { questionSums, verbSql, workSums } from './statement-ends.ts';
import { endStates, settledStates } from './statement-states.ts';
import { tablesOf } from './tables.ts';

/** Maximum numbers of statements, rows of the ledger and pieces of results that one transaction deletes. */
const batch = { statements: 50, ledger: 10_000, results: 50 };

/**
 * Deletes the records of statements that ended before a time, and the answers of models that were stored before it. The sums over all statements and the users' result tables stay. The
 * result is the same if a purge is interrupted and repeated, or if several servers purge at once.
 *
 * @param olderThan `YYYY-MM-DD HH:MM:SS.ffffff`, UTC
 * @returns the number of statements
 */
export async function purge(pool: Pool, schema: string, olderThan: string, signal?: AbortSignal): Promise<number> {
  let purged = 0;
  for (let more = true; more && !signal?.aborted; ) {
    const forgotten = await forgetStatements(pool, schema, olderThan);
    purged += forgotten;
    more = forgotten === batch.statements;
    await dropRows(pool, schema, signal);
  }
  await sweepFiles(pool, schema);
  await purgeAnswers(pool, schema, olderThan, signal);
  await purgeSets(pool, schema, olderThan);
  return purged;
}

const partsOfStatements = [
  'steps',
  'submissions',
  'adoptions',
  'result_sizes',
  'labels',
  'transitions',
  'workflows',
  'statement_models',
  'step_progress',
  'due_logs',
  'trials',
] as const;

/** Deletes statements, which can then no longer be retried. `purges` lists them until their many rows are deleted, too. */
function forgetStatements(pool: Pool, schema: string, olderThan: string): Promise<number> {
  const table = tablesOf(schema);
  return transaction(pool, async (connection) => {
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT id FROM ${table('statements')} WHERE state IN (?)
       AND submitted_at < ? AND finished_at < ? ORDER BY submitted_at LIMIT ? FOR UPDATE`,
      [settledStates, olderThan, olderThan, batch.statements],
    );
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) return 0;
    await connection.query(`INSERT IGNORE INTO ${table('purges')} (statement_id) VALUES ?`, [ids.map((id) => [id])]);
    await connection.query(
      `INSERT INTO ${table('purged_ends')} (verb, state, error_code, ends)
       SELECT verb, state, error_code, COUNT(*) FROM (
         SELECT ${verbSql} AS verb, t.state, COALESCE(t.error_code, '') AS error_code
         FROM ${table('statements')} AS s JOIN ${table('transitions')} AS t ON t.statement_id = s.id
         WHERE s.id IN (?) AND t.state IN (?)
       ) AS e GROUP BY 1, 2, 3 ON DUPLICATE KEY UPDATE ends = ends + VALUES(ends)`,
      [ids, endStates],
    );
    for (const part of partsOfStatements) {
      await connection.query(`DELETE FROM ${table(part)} WHERE statement_id IN (?)`, [ids]);
    }
    await connection.query(`DELETE FROM ${table('statements')} WHERE id IN (?)`, [ids]);
    return ids.length;
  });
}

async function dropRows(pool: Pool, schema: string, signal?: AbortSignal): Promise<void> {
  const table = tablesOf(schema);
  const [purges] = await pool.query<RowDataPacket[]>(`SELECT statement_id FROM ${table('purges')}`);
  for (const { statement_id: statement } of purges) {
    const [selections] = await pool.query<RowDataPacket[]>(
      `SELECT selection_id FROM ${table('selections')} WHERE statement_id = ?`,
      [statement],
    );
    for (const { selection_id } of selections) await dropSelection(pool, schema, selection_id, signal);
    await deleteAll(pool, `${table('result_rows')} WHERE statement_id = ?`, [statement], batch.results, signal);
    await deleteAll(pool, `${table('results')} WHERE statement_id = ?`, [statement], batch.results, signal);
    await deleteAll(pool, `${table('pod_logs')} WHERE statement_id = ?`, [statement], batch.results, signal);
    await forgetTrainers(pool, schema, statement);
    await deleteAll(pool, `${table('trial_units')} WHERE statement_id = ?`, [statement], batch.ledger, signal);
    await deleteAll(pool, `${table('trial_files')} WHERE statement_id = ?`, [statement], batch.results, signal);
    if (signal?.aborted) return;
    await pool.query(`DELETE FROM ${table('purges')} WHERE statement_id = ?`, [statement]);
  }
}

/** Searches have no selection, but workers like one. */
async function forgetTrainers(pool: Pool, schema: string, statement: string): Promise<void> {
  const table = tablesOf(schema);
  const [steps] = await pool.query<RowDataPacket[]>(
    `SELECT step FROM ${table('trial_units')} WHERE statement_id = ?
     UNION SELECT step FROM ${table('trial_files')} WHERE statement_id = ?`,
    [statement, statement],
  );
  for (const { step } of steps) {
    const { id } = selectionNames({ statement, step, kind: 'train' }, schema);
    await pool.query(`DELETE FROM ${table('workers')} WHERE selection_id = ?`, [id]);
  }
}

/** Also drops the tables that a failed statement kept for a retry. */
async function dropSelection(pool: Pool, schema: string, id: Buffer, signal?: AbortSignal): Promise<void> {
  const table = tablesOf(schema);
  const names = Object.values(namesOfTables(id));
  const [left] = await pool.query<RowDataPacket[]>(
    'SELECT TABLE_SCHEMA AS `database`, TABLE_NAME AS `table` FROM information_schema.TABLES WHERE TABLE_SCHEMA IN (?) AND TABLE_NAME IN (?)',
    [[schema, workSchemaOf(schema, true)], names],
  );
  for (const { database, table } of left) await pool.query(`DROP TABLE IF EXISTS ${quoteTable({ database, table })}`);
  await deleteAll(pool, `${table('ledger')} WHERE selection_id = ?`, [id], batch.ledger, signal);
  if (signal?.aborted) return;
  await transaction(pool, (connection) => dropPartitions(connection, schema, id));
}

/** The lock makes sure that only one of several concurrent purges adds the sums. */
async function dropPartitions(connection: PoolConnection, schema: string, id: Buffer): Promise<void> {
  const table = tablesOf(schema);
  const [held] = await connection.query<RowDataPacket[]>(
    `SELECT 1 FROM ${table('selections')} WHERE selection_id = ? FOR UPDATE`,
    [id],
  );
  if (held.length === 0) return;
  const columns = Object.keys(workSums);
  const added = columns.map((column) => `${column} = ${column} + VALUES(${column})`);
  await connection.query(
    `INSERT INTO ${table('purged_work')} (only_row, ${columns.join(', ')})
     SELECT 1, ${Object.values(workSums).join(', ')} FROM ${table('partitions')} AS p WHERE selection_id = ? HAVING COUNT(*) > 0
     ON DUPLICATE KEY UPDATE ${added.join(', ')}`,
    [id],
  );
  await connection.query(
    `UPDATE ${table('purged_work')} AS w, (SELECT ${questionSums} FROM ${table('model_counts')} WHERE selection_id = ?) AS q
     SET w.asked = w.asked + q.asked, w.reused = w.reused + q.reused`,
    [id],
  );
  for (const part of ['model_counts', 'workers', 'partitions', 'selections'] as const) {
    await connection.query(`DELETE FROM ${table(part)} WHERE selection_id = ?`, [id]);
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
