import type { RowDataPacket } from 'mysql2/promise';
import { abortableQuery } from '../../datasource/abortable-query.ts';
import { describeTable } from '../../datasource/describe.ts';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { transaction } from '../../datasource/pool.ts';
import { hiddenColumns, type SelectionTask } from '../../task.ts';
import type { WorkerContext } from '../context.ts';
import { copyMode } from './copy-mode.ts';
import { partitionRows, partitionValues } from './partition-rows.ts';

/** Blocks no writer of the source; measured in design/WORKER.md. */
const consistentRead = 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED';

/**
 * The users' account makes the table, in a session as the server makes it, so that the query means and may read what it does
 * anywhere; then the system account takes it.
 */
export async function materialise(context: WorkerContext<SelectionTask>): Promise<readonly string[]> {
  const { task, pool, users, names, log, signal } = context;
  log.info('selecting');
  const [made, selection] = [quoteTable(names.made), quoteTable(names.selection)];
  const left = new Set([made, selection, quoteTable(names.staging)]);
  await abortableQuery(pool, { sql: `DROP TABLE IF EXISTS ${[...left].join(', ')}` }, signal);
  const row = quoteName(hiddenColumns.row);
  const numbered = `${row} BIGINT UNSIGNED NOT NULL INVISIBLE AUTO_INCREMENT PRIMARY KEY`;
  const create = { sql: `CREATE TABLE ${made} (${numbered}) ENGINE=InnoDB AS ${task.select}` };
  await abortableQuery(users, create, signal, [consistentRead, copyMode]);
  if (made !== selection) await abortableQuery(pool, { sql: `RENAME TABLE ${made} TO ${selection}` }, signal);
  const description = await describeTable(pool, names.selection);
  return (description?.columns ?? []).map(({ name }) => name).filter((name) => name !== hiddenColumns.row);
}

/** Writes down that the selection is ready, in one transaction with the partitions that have rows. @returns the number of rows */
export async function recordSelection(
  context: WorkerContext<SelectionTask>,
  columns: readonly string[],
  imageColumn: string | null,
): Promise<number> {
  const { task, names, pool, schema } = context;
  const [counted] = await pool.query<RowDataPacket[]>(`SELECT COUNT(*) AS n FROM ${quoteTable(names.selection)}`);
  const rows = Number(counted[0]?.n);
  const { partitionBy } = task;
  const partitions =
    partitionBy === null
      ? partitionRows(rows, task.partitions)
      : await partitionValues(pool, names.selection, partitionBy, task.partitions);
  const system = (table: string) => quoteTable({ database: schema, table });
  await transaction(pool, async (connection) => {
    await connection.query(`DELETE FROM ${system('partitions')} WHERE selection_id = ?`, [names.id]);
    if (partitions.length > 0)
      await connection.query(
        `INSERT INTO ${system('partitions')} (selection_id, partition_no, first_row, last_row, state) VALUES ?`,
        [partitions.map(({ number, first, last }) => [names.id, number, first, last, 'pending'])],
      );
    await connection.query(
      `REPLACE INTO ${system('selections')} (selection_id, statement_id, step, state, row_count, columns, image_column)
       VALUES (?, ?, ?, 'ready', ?, ?, ?)`,
      [names.id, task.statement, task.step, rows, JSON.stringify(columns), imageColumn],
    );
  });
  return rows;
}
