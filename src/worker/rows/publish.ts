import { abortableQuery } from '../../datasource/abortable-query.ts';
import { describeTable } from '../../datasource/describe.ts';
import { quoteTable } from '../../datasource/identifiers.ts';
import { MillraceError } from '../../errors.ts';
import { markPublishing, type SelectionState } from '../../ledger/selections.ts';
import type { TableTarget } from '../../task.ts';
import type { RowsContext } from '../context.ts';

/**
 * Gives the finished table its name by one RENAME, which both servers do atomically: readers see the old table or the new one.
 * A RENAME cannot be part of a transaction, so the intention is written down first; after a crash the staging table's absence
 * says that the RENAME took place.
 */
export async function publish(context: RowsContext, selection: SelectionState): Promise<void> {
  if (context.task.writeMode === 'append') return;
  if (selection.state === 'ready') await markPublishing(context);
  const { task, program, names, pool } = context;
  const finished = program.summary === undefined ? names.staging : names.summary;
  if (task.into === null) await pool.query(`DROP TABLE IF EXISTS ${quoteTable(finished)}`);
  else if ((await describeTable(pool, finished)) !== null) await rename(context, task.into, finished);
  await context.pool.query(`DROP TABLE IF EXISTS ${quoteTable(context.names.replaced)}`);
}

async function rename(
  { task, pool, names, signal }: RowsContext,
  into: TableTarget,
  finished: TableTarget,
): Promise<void> {
  const [staging, target, replaced] = [finished, into, names.replaced].map(quoteTable);
  const present = await describeTable(pool, into);
  // It waits for who reads the old table.
  const rename = (pairs: string) => abortableQuery(pool, { sql: `RENAME TABLE ${pairs}` }, signal);
  if (present === null) return void (await rename(`${staging} TO ${target}`));
  if (task.writeMode === 'overwrite' && present.kind === 'table') {
    return void (await rename(`${target} TO ${replaced}, ${staging} TO ${target}`));
  }
  const hint = 'rename or drop that table, then retry: only publishing is left to do';
  throw new MillraceError('TABLE_EXISTS', `the table ${target} was made while the statement ran`, { hint });
}
