import type { Pool } from 'mysql2/promise';
import type { Accounts } from '../../datasource/accounts.ts';
import { parseDsn } from '../../datasource/dsn.ts';
import { quoteTable } from '../../datasource/identifiers.ts';
import { openPool } from '../../datasource/pool.ts';
import type { MillraceError } from '../../errors.ts';
import { type ConnectedAccount, withGrants } from '../account-rights.ts';
import { type Check, check } from './check.ts';
import { checkReaderRights } from './check-account.ts';

/** Checks the account that runs the statements of a server's readers. Writes nothing, because its DSN may name a replica. */
export function checkReader(accounts: Accounts, schema: string): Promise<Check> {
  return check('reader account', async () => {
    const { database } = parseDsn(accounts.dsn);
    const pool = openPool({ ...parseDsn(accounts.readerDsn), database: null }, { connections: 1 });
    const reader: ConnectedAccount = { pool, role: 'reader', accounts, schema };
    try {
      if (database !== null) await withGrants(reader, () => tryRead(pool, database));
      return await checkReaderRights(reader, database);
    } finally {
      await pool.end();
    }
  });
}

/** Both servers check the rights on a table before they look for it. */
async function tryRead(pool: Pool, database: string): Promise<void> {
  try {
    await pool.query(`SELECT 1 FROM ${quoteTable({ database, table: 'millrace_doctor_absent' })}`);
  } catch (error) {
    const { errno } = ((error as MillraceError).cause ?? {}) as { readonly errno?: number };
    if (errno !== noSuchTable) throw error;
  }
}

const noSuchTable = 1146;
