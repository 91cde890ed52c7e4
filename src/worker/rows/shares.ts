import { quoteTable } from '../../datasource/identifiers.ts';
import { markPublished, readSelection } from '../../ledger/selections.ts';
import type { SelectionTask } from '../../task.ts';
import type { WorkerContext } from '../context.ts';
import { materialise, shareOut } from './select-rows.ts';

/** `prepare` around an image of another: its pods read their shares of the rows from the selection. */
export async function prepareShares(context: WorkerContext<SelectionTask>): Promise<void> {
  if ((await readSelection(context)) !== null) return;
  const rows = await shareOut(context, await materialise(context));
  context.log.info({ rows, partitions: context.task.partitions }, 'selection ready');
}

/** `finish` around an image of another: what it did with its rows is its own affair. */
export async function dropShares(context: Omit<WorkerContext, 'task'>): Promise<void> {
  await markPublished(context, null);
  await context.pool.query(`DROP TABLE IF EXISTS ${quoteTable(context.names.selection)}`);
}
