import { abortableQuery } from '../datasource/abortable-query.ts';
import { isTemporary } from '../datasource/database-error.ts';
import { MillraceError } from '../errors.ts';
import type { StatementTask } from '../task.ts';
import type { WorkerContext } from './context.ts';

/**
 * Gives a standard statement to the database. Once it is on its way nobody knows what a lost connection means, so then it is not
 * tried again.
 * @throws {MillraceError} STATEMENT_UNCERTAIN, QUERY_FAILED, DATABASE_…
 */
export async function runStatement({ task, pool, log, signal }: WorkerContext<StatementTask>): Promise<void> {
  (await pool.getConnection()).release();
  try {
    await abortableQuery(pool, { sql: task.sql }, signal);
  } catch (cause) {
    if (!isTemporary(cause)) throw cause;
    const message = 'the database was gone while it ran the statement; it may have done it or not';
    throw new MillraceError('STATEMENT_UNCERTAIN', message, { hint: 'look at its tables before you retry', cause });
  }
  log.info('statement done');
}
