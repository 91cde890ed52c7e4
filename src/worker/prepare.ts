import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { abortableQuery } from '../datasource/abortable-query.ts';
import { describeTable } from '../datasource/describe.ts';
import { quoteName, quoteTable } from '../datasource/identifiers.ts';
import { transaction } from '../datasource/pool.ts';
import { hiddenColumns } from '../task.ts';
import { checkTarget } from './check-target.ts';
import type { WorkerContext } from './context.ts';
import { partitionRows, partitionValues } from './partition-rows.ts';
import { createResultTable } from './result-table.ts';
import { selectedColumns } from './selected-columns.ts';
import { readSelection } from './selection-state.ts';

/**
 * Materialises the selection once, as rows numbered 1..n in the query's order, and lays out the partitions. Started again after
 * it has finished it changes nothing, except that rows which failed are given another chance.
 */
export async function prepare(context: WorkerContext): Promise<void> {
  const known = await readSelection(context);
  if (known?.state === 'ready') return forgetFailedRows(context);
  if (known !== null) return;
  const { pool, task, names } = context;
  const { imageColumn, ...selected } = await selectedColumns(context);
  const target = await describeTable(pool, task.into);
  await checkTarget(context, target, selected.columns);
  const columns = await materialise(context);
  if (task.writeMode !== 'append') await createResultTable(pool, names.staging, names.selection, columns);
  else if (target === null) await createResultTable(pool, task.into, names.selection, columns);
  const rows = await record(context, columns, imageColumn);
  context.log.info({ rows, partitions: context.task.partitions }, 'selection ready');
}

/** At READ COMMITTED one consistent read that blocks no writer of the source; measured in design/WORKER.md. */
async function materialise({ task, pool, names, log, signal }: WorkerContext): Promise<readonly string[]> {
  log.info('selecting');
  const table = quoteTable(names.selection);
  await abortableQuery(pool, { sql: `DROP TABLE IF EXISTS ${table}, ${quoteTable(names.staging)}` }, signal);
  const row = quoteName(hiddenColumns.row);
  const numbered = `${row} BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY`;
  await abortableQuery(pool, { sql: `CREATE TABLE ${table} (${numbered}) ENGINE=InnoDB AS ${task.select}` }, signal);
  const description = await describeTable(pool, names.selection);
  return (description?.columns ?? []).map(({ name }) => name).filter((name) => name !== hiddenColumns.row);
}

/** Writes down that the selection is ready, in one transaction with its partitions. */
async function record(context: WorkerContext, columns: readonly string[], imageColumn: string): Promise<number> {
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
    await connection.query(
      `INSERT INTO ${system('partitions')} (selection_id, partition_no, first_row, last_row, state) VALUES ?`,
      [partitions.map(({ first, last }, index) => [names.id, index, first, last, 'pending'])],
    );
    await connection.query(
      `REPLACE INTO ${system('selections')} (selection_id, statement_id, step, state, row_count, columns, image_column)
       VALUES (?, ?, ?, 'ready', ?, ?, ?)`,
      [names.id, task.statement, task.step, rows, JSON.stringify(columns), imageColumn],
    );
  });
  return rows;
}

/** The partitions first, as who writes a batch does: whoever was writing one has committed it then, or waits. */
async function forgetFailedRows({ names, pool, schema, log }: WorkerContext): Promise<void> {
  const system = (table: string) => quoteTable({ database: schema, table });
  await transaction(pool, async (connection) => {
    await connection.query(
      `UPDATE ${system('partitions')} SET done_rows = done_rows - failed_rows, failed_rows = 0
       WHERE selection_id = ?`,
      [names.id],
    );
    const [deleted] = await connection.query<ResultSetHeader>(
      `DELETE FROM ${system('ledger')} WHERE selection_id = ? AND error_code IS NOT NULL`,
      [names.id],
    );
    log.info({ rows: deleted.affectedRows }, 'selection was ready; failed rows get another chance');
  });
}
