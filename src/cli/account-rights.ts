import { escape as quoteString } from 'mysql2';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import { type AccountRole, escapePattern, grantStatements } from '../datasource/account-statements.ts';
import { type Accounts, isSeparate } from '../datasource/accounts.ts';
import { parseDsn } from '../datasource/dsn.ts';
import { quoteName } from '../datasource/identifiers.ts';
import { MillraceError } from '../errors.ts';

/** A connection, and the role of its account. */
export interface ConnectedAccount {
  readonly pool: Pool;
  readonly role: Extract<AccountRole, 'system' | 'user' | 'reader'>;
  readonly accounts: Accounts;
  /** The system schema's name. */
  readonly schema: string;
}

/**
 * @param work what the account needs its rights for
 * @throws {MillraceError} DATABASE_RIGHTS with the SQL that grants the missing rights; other errors of `work`
 */
export async function withGrants<T>(account: ConnectedAccount, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'DATABASE_RIGHTS') throw error;
    const sql = grantsOf(account, await nameOf(account.pool));
    throw new MillraceError(error.code, error.message, { cause: error, hint: forAdministrator(sql) });
  }
}

/** The SQL that reduces an account to the rights of docs/server.md. */
export async function onlyItsRights(account: ConnectedAccount): Promise<string> {
  const name = await nameOf(account.pool);
  return forAdministrator([`REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${name}`, ...grantsOf(account, name)]);
}

function grantsOf({ role, accounts, schema }: ConnectedAccount, name: string): readonly string[] {
  const { database } = parseDsn(accounts.dsn);
  const results = database === null ? 'YOUR_DATABASE' : escapePattern(database);
  if (isSeparate(accounts) || role === 'reader') return grantStatements(role, name, { schema, database: results });
  return [escapePattern(schema), results].map((pattern) => `GRANT ALL ON ${quoteName(pattern)}.* TO ${name}`);
}

/** The database returns `name@host`; the name may contain `@`, too. */
async function nameOf(pool: Pool): Promise<string> {
  const [[row]] = await pool.query<RowDataPacket[]>('SELECT CURRENT_USER() AS account');
  const account = String(row?.account);
  const at = account.lastIndexOf('@');
  return `${quoteString(account.slice(0, at))}@${quoteString(account.slice(at + 1))}`;
}

function forAdministrator(statements: readonly string[]): string {
  return `as an administrator of the database, run: ${statements.map((sql) => `${sql};`).join(' ')}`;
}
