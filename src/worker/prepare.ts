import type { RowDataPacket } from 'mysql2/promise';
import { describeTable, type TableDescription } from '../datasource/describe.ts';
import { quoteName, quoteTable } from '../datasource/identifiers.ts';
import { transaction } from '../datasource/pool.ts';
import { MillraceError } from '../errors.ts';
import { hiddenColumns, imageColumnOf } from '../task.ts';
import type { WorkerContext } from './context.ts';
import { partitionRows } from './partition-rows.ts';
import { checkAppend, createResultTable } from './result-table.ts';
import { readSelection } from './selection-state.ts';

/**
 * Materialises the selection once, as rows numbered 1..n in the query's order, and lays out the partitions. Started again after
 * it has finished it changes nothing, except that rows which failed are given another chance.
 */
export async function prepare(context: WorkerContext): Promise<void> {
  const known = await readSelection(context);
  if (known?.state === 'ready') return forgetFailedRows(context);
  if (known !== null) return;
  const target = await describeTable(context.pool, context.task.into);
  checkTarget(context, target);
  const columns = await materialise(context);
  const imageColumn = chooseImageColumn(context, columns);
  await makeResultTable(context, columns, target);
  const rows = await record(context, columns, imageColumn);
  context.log.info({ rows, partitions: context.task.partitions }, 'selection ready');
}

function checkTarget({ task }: WorkerContext, target: TableDescription | null): void {
  if (target === null || task.writeMode === 'append') return;
  const name = quoteTable(task.into);
  if (target.kind === 'view') {
    throw new MillraceError('TABLE_EXISTS', `${name} is a view`, { hint: 'choose another table' });
  }
  if (task.writeMode === 'overwrite') return;
  const hint = "choose another table, or add WITH write_mode = 'append' or 'overwrite'";
  throw new MillraceError('TABLE_EXISTS', `the table ${name} exists already`, { hint });
}

/** At READ COMMITTED one consistent read that blocks no writer of the source; measured in design/WORKER.md. */
async function materialise({ task, pool, names, log }: WorkerContext): Promise<readonly string[]> {
  log.info('selecting');
  const table = quoteTable(names.selection);
  await pool.query(`DROP TABLE IF EXISTS ${table}`);
  const row = quoteName(hiddenColumns.row);
  await pool.query(
    `CREATE TABLE ${table} (${row} BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB AS ${task.select}`,
  );
  const description = await describeTable(pool, names.selection);
  return (description?.columns ?? []).map(({ name }) => name).filter((name) => name !== hiddenColumns.row);
}

function chooseImageColumn({ task }: WorkerContext, columns: readonly string[]): string {
  const wanted = task.detect.imageColumn;
  const chosen =
    wanted === null ? imageColumnOf(columns) : columns.find((column) => column.toLowerCase() === wanted.toLowerCase());
  if (chosen !== null && chosen !== undefined) return chosen;
  const hint = `the query selects ${columns.join(', ')}; name one by "--image_column=…"`;
  throw new MillraceError('NO_IMAGE_COLUMN', 'no selected column is known to hold the paths of images', { hint });
}

async function makeResultTable(
  context: WorkerContext,
  columns: readonly string[],
  target: TableDescription | null,
): Promise<void> {
  const { task, names, pool } = context;
  if (task.writeMode !== 'append') {
    await pool.query(`DROP TABLE IF EXISTS ${quoteTable(names.staging)}`);
    return createResultTable(pool, names.staging, names.selection, columns);
  }
  if (target === null) return createResultTable(pool, task.into, names.selection, columns);
  checkAppend(task.into, target, columns);
}

/** Writes down that the selection is ready, in one transaction with its partitions. */
async function record(context: WorkerContext, columns: readonly string[], imageColumn: string): Promise<number> {
  const { task, names, pool, schema } = context;
  const [counted] = await pool.query<RowDataPacket[]>(`SELECT COUNT(*) AS n FROM ${quoteTable(names.selection)}`);
  const rows = Number(counted[0]?.n);
  const partitions = partitionRows(rows, task.partitions);
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

async function forgetFailedRows({ names, pool, schema, log }: WorkerContext): Promise<void> {
  const system = (table: string) => quoteTable({ database: schema, table });
  await transaction(pool, async (connection) => {
    const [deleted] = await connection.query(
      `DELETE FROM ${system('ledger')} WHERE selection_id = ? AND error_code IS NOT NULL`,
      [names.id],
    );
    await connection.query(
      `UPDATE ${system('partitions')} SET done_rows = done_rows - failed_rows, failed_rows = 0
       WHERE selection_id = ?`,
      [names.id],
    );
    log.info(
      { rows: (deleted as { affectedRows: number }).affectedRows },
      'selection was ready; failed rows get another chance',
    );
  });
}
