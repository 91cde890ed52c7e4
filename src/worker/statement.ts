import { isTemporary } from '../datasource/database-error.ts';
import { openProgramSession } from '../datasource/program-session.ts';
import { MillraceError } from '../errors.ts';
import { readStatementRules } from '../ledger/results.ts';
import { storeResult } from '../ledger/store-result.ts';
import type { StatementTask } from '../task.ts';
import type { WorkerContext } from './context.ts';

/**
 * Gives a standard statement to the database, and stores the rows that it returns. Once it is on its way nobody knows what a lost
 * connection means, so then it is not tried again.
 * @throws {MillraceError} STATEMENT_UNCERTAIN, QUERY_FAILED, DATABASE_…
 */
export async function runStatement({
  task,
  pool,
  users,
  schema,
  log,
  signal,
}: WorkerContext<StatementTask>): Promise<void> {
  const { statement, step } = task;
  const rules = await readStatementRules(pool, schema, statement);
  const session = await openProgramSession(users, rules);
  try {
    const target = { pool, schema, statement, step, resultBytes: rules.resultBytes };
    const result = await storeResult(session, task, target, signal);
    log.info(result === null ? {} : { rows: result.rows, truncated: result.truncated }, 'statement done');
  } catch (cause) {
    if (!isTemporary(cause)) throw cause;
    const message = 'the database was gone while it ran the statement; it may have done it or not';
    throw new MillraceError('STATEMENT_UNCERTAIN', message, { cause });
  } finally {
    session.connection.destroy();
  }
}
