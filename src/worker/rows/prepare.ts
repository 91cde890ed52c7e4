import type { ResultSetHeader } from 'mysql2/promise';
import { describeTable } from '../../datasource/describe.ts';
import { quoteTable } from '../../datasource/identifiers.ts';
import { transaction } from '../../datasource/pool.ts';
import type { WorkerContext } from '../context.ts';
import { checkTarget } from './check-target.ts';
import { createResultTable } from './result-table.ts';
import { materialise, recordSelection } from './select-rows.ts';
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
  const { task, names } = context;
  if (task.ignored !== undefined) context.log.warn({ options: task.ignored }, 'options of the command without effect');
  const { imageColumn, ...selected } = await selectedColumns(context);
  const target = await describeTable(context.tables, task.into);
  await checkTarget(context, target, selected.columns);
  const columns = await materialise(context);
  if (task.writeMode !== 'append') await createResultTable(context, names.staging, columns);
  else if (target === null) await createResultTable(context, task.into, columns);
  const rows = await recordSelection(context, columns, imageColumn);
  context.log.info({ rows, partitions: context.task.partitions }, 'selection ready');
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
