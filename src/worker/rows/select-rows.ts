import type { RowDataPacket } from 'mysql2/promise';
import { abortableQuery } from '../../datasource/abortable-query.ts';
import { describeTable } from '../../datasource/describe.ts';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { recordSelection } from '../../ledger/selections.ts';
import { partitionRows } from '../../ledger/shares.ts';
import { hiddenColumns, type SelectionTask } from '../../task.ts';
import type { WorkerContext } from '../context.ts';
import { copyMode } from './copy-mode.ts';
import { partitionValues } from './partition-rows.ts';

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

/**
 * Shares the selection out, and records that it is ready.
 * @param check refuses a number of rows by throwing
 * @returns the number of rows
 */
export async function shareOut(
  context: WorkerContext<SelectionTask>,
  columns: readonly string[],
  check: (rows: number) => void = () => {},
): Promise<number> {
  const { task, names, pool } = context;
  const [counted] = await pool.query<RowDataPacket[]>(`SELECT COUNT(*) AS n FROM ${quoteTable(names.selection)}`);
  const rows = Number(counted[0]?.n);
  check(rows);
  const { partitionBy } = task;
  const partitions =
    partitionBy === null
      ? partitionRows(rows, task.partitions)
      : await partitionValues(pool, names.selection, partitionBy, task.partitions);
  const { statement, step } = task;
  await recordSelection(context, { statement, step, rows, columns, partitions });
  return rows;
}
