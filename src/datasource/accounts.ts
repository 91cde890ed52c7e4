import type { Pool } from 'mysql2/promise';
import { parseDsn } from './dsn.ts';
import { openPool } from './pool.ts';

/** The DSNs of one database, by the statements that use them: docs/server.md, Accounts. Each is a secret. */
export interface Accounts {
  /** Account for the SQL of users: standard statements, and the queries of TO RUN. */
  readonly dsn: string;
  /** Account for the system schema and for writing results. Default: `dsn`; the database then does not keep users out of the system schema. */
  readonly systemDsn: string;
  /** Account for standard statements of readers. Default: `dsn`. */
  readonly readerDsn: string;
}

export interface GivenAccounts {
  readonly dsn: string;
  readonly systemDsn: string | null;
  readonly readerDsn: string | null;
}

export function accountsOf({ dsn, systemDsn, readerDsn }: GivenAccounts): Accounts {
  return { dsn, systemDsn: systemDsn ?? dsn, readerDsn: readerDsn ?? dsn };
}

/** Whether the system schema has an account of its own. */
export function isSeparate({ dsn, systemDsn }: Pick<Accounts, 'dsn' | 'systemDsn'>): boolean {
  return systemDsn !== dsn;
}

/** Connections to one database. */
export interface DatabasePools {
  /** Our own statements on the system schema. */
  readonly system: Pool;
  /** Our own statements on tables of users, with the rights of users. */
  readonly tables: Pool;
  /** SQL of users, in sessions with the server's own settings. */
  readonly users: Pool;
  end(): Promise<void>;
}

export function openDatabase(accounts: Accounts, { connections }: { readonly connections: number }): DatabasePools {
  const system = openPool(parseDsn(accounts.systemDsn), { connections });
  const tables = isSeparate(accounts) ? openPool(parseDsn(accounts.dsn), { connections }) : system;
  const users = openPool(parseDsn(accounts.dsn), { connections, settings: 'server' });
  return {
    system,
    tables,
    users,
    async end() {
      await Promise.all([...new Set([system, tables, users])].map((pool) => pool.end()));
    },
  };
}
