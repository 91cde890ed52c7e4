import { quoteTable } from '../../datasource/identifiers.ts';
import type { SelectionTask } from '../../task.ts';
import type { WorkerContext } from '../context.ts';
import { materialise, recordSelection } from './select-rows.ts';
import { readSelection } from './selection-state.ts';

/** `prepare` around an image of another: its pods read their shares of the rows from the selection. */
export async function prepareShares(context: WorkerContext<SelectionTask>): Promise<void> {
  if ((await readSelection(context)) !== null) return;
  const rows = await recordSelection(context, await materialise(context), null);
  context.log.info({ rows, partitions: context.task.partitions }, 'selection ready');
}

/** `finish` around an image of another: what it did with its rows is its own affair. */
export async function dropShares({ pool, schema, names }: WorkerContext<SelectionTask>): Promise<void> {
  const selections = quoteTable({ database: schema, table: 'selections' });
  await pool.query(`UPDATE ${selections} SET state = 'published' WHERE selection_id = ?`, [names.id]);
  await pool.query(`DROP TABLE IF EXISTS ${quoteTable(names.selection)}`);
}
