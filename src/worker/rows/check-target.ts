import type { Pool } from 'mysql2/promise';
import type { TableDescription } from '../../datasource/describe.ts';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { MillraceError } from '../../errors.ts';
import type { SelectionNames } from '../../ledger/selection-names.ts';
import type { TableTarget } from '../../task.ts';
import type { RowsContext } from '../context.ts';
import { checkAppend } from './result-table.ts';

/**
 * Refuses a result table that could not be written at the end, before any work.
 * @throws {MillraceError} TABLE_EXISTS, APPEND_MISMATCH, DATABASE_RIGHTS, or QUERY_FAILED where its database is not there
 */
export async function checkTarget(
  context: RowsContext,
  into: TableTarget,
  target: TableDescription | null,
  columns: readonly string[],
): Promise<void> {
  const { task, pool, tables } = context;
  if (target === null) return checkRename(context, into);
  if (task.writeMode === 'append') {
    checkAppend(context, into, target, columns);
    for (const each of new Set([tables, pool])) await checkInsert(each, into, target.columns);
    return;
  }
  checkMode(context, into, target);
  await checkRename(context, into);
}

function checkMode({ task }: RowsContext, into: TableTarget, target: TableDescription): void {
  const name = quoteTable(into);
  if (target.kind === 'view') {
    throw new MillraceError('TABLE_EXISTS', `${name} is a view`, { hint: 'choose another table' });
  }
  if (task.writeMode === 'overwrite') return;
  const hint = "choose another table, or add WITH write_mode = 'append' or 'overwrite'";
  throw new MillraceError('TABLE_EXISTS', `the table ${name} already exists`, { hint });
}

async function checkInsert(pool: Pool, table: TableTarget, columns: TableDescription['columns']): Promise<void> {
  const names = columns.map(({ name }) => quoteName(name));
  const none = `SELECT ${names.map(() => 'NULL').join(', ')} FROM (SELECT 1) AS one WHERE FALSE`;
  await pool.query(`INSERT INTO ${quoteTable(table)} (${names.join(', ')}) ${none}`);
}

/** Errors of a RENAME that has passed the check of rights: exists (1050), no such table (1146), readers hold it (1205). */
const rightsSuffice = [1050, 1146, 1205];

/** The system account writes the table; the users' account must be one that might, or a user could write more by TO RUN than by SQL. */
async function checkRename({ pool, tables, schema, names }: RowsContext, into: TableTarget): Promise<void> {
  await checkDatabase(tables, into);
  await tryRename(pool, schema, into, names);
  if (tables === pool) return;
  await tryRename(tables, into.database, into, names).catch((cause) => {
    if (!(cause instanceof MillraceError) || cause.code !== 'DATABASE_RIGHTS') throw cause;
    const hint = 'ask for CREATE, INSERT, ALTER and DROP there, or name a table of another database after INTO';
    throw new MillraceError('DATABASE_RIGHTS', `the account of statements may not write ${quoteTable(into)}`, {
      hint,
      cause,
    });
  });
}

/** Both servers check the rights of a RENAME before they look for its table, which is not there. */
async function tryRename(pool: Pool, from: string | null, into: TableTarget, names: SelectionNames): Promise<void> {
  const absent = { database: from, table: `absent_${names.id.toString('hex')}` };
  const connection = await pool.getConnection();
  try {
    await connection.query('SET SESSION lock_wait_timeout = 1');
    await connection.query(`RENAME TABLE ${quoteTable(absent)} TO ${quoteTable(into)}`);
  } catch (error) {
    const { errno } = ((error as Error).cause ?? {}) as { errno?: number };
    if (!rightsSuffice.includes(errno ?? 0)) throw error;
  } finally {
    await connection.query('SET SESSION lock_wait_timeout = DEFAULT').catch(() => connection.destroy());
    connection.release();
  }
}

/** MariaDB misses the database only when the table is there. */
async function checkDatabase(pool: Pool, { database, table }: TableTarget): Promise<void> {
  if (database === null) return;
  const [found] = await pool.query('SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?', [database]);
  if ((found as unknown[]).length > 0) return;
  throw new MillraceError('QUERY_FAILED', `there is no database '${database}' for the table '${table}'`, {
    hint: 'create it, or ask for rights on it, or name another after INTO',
  });
}
