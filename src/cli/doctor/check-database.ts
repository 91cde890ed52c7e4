import { randomBytes } from 'node:crypto';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import type { Config } from '../../config.ts';
import { type Accounts, isSeparate } from '../../datasource/accounts.ts';
import { describeDsn, parseDsn } from '../../datasource/dsn.ts';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { namedAccounts } from '../../datasource/own-database.ts';
import { openPool } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import { latestVersion, schemaVersion } from '../../ledger/migrate.ts';
import { workSchemaOf } from '../../task.ts';
import { type ConnectedAccount, withGrants } from '../account-rights.ts';
import { type Check, check } from './check.ts';
import { checkAccount } from './check-account.ts';
import { checkReader } from './check-reader.ts';
import { checkSettings } from './check-settings.ts';

/** Checks the database of MILLRACE_DATASOURCE. Ends early if it does not answer. */
export async function* checkDatabase(config: Config): AsyncGenerator<Check> {
  const opened: { pool?: Pool; accounts?: Accounts } = {};
  try {
    const reached = await check('database', async () => {
      opened.accounts = await namedAccounts(config, () => {});
      const datasource = parseDsn(opened.accounts.systemDsn);
      opened.pool = openPool(datasource, { connections: 2 });
      return `${await supportedVersion(opened.pool)} at ${describeDsn(datasource)}`;
    });
    yield reached;
    if (reached.state === 'ok') yield* checkInside(opened.pool!, opened.accounts!, config.schema);
  } finally {
    await opened.pool?.end();
  }
}

async function* checkInside(pool: Pool, accounts: Accounts, schema: string): AsyncGenerator<Check> {
  const { database } = parseDsn(accounts.dsn);
  const system: ConnectedAccount = { pool, role: 'system', accounts, schema };
  yield check('database settings', () => checkSettings(pool));
  yield check('system schema', () => withGrants(system, () => checkSchemas(system)));
  const users = isSeparate(accounts) ? openPool(parseDsn(accounts.dsn), { connections: 1 }) : pool;
  const user: ConnectedAccount = { ...system, pool: users, role: 'user' };
  try {
    yield check('result tables', async () => {
      if (isSeparate(accounts)) await withGrants(user, () => trySelection(system, users));
      if (database === null) return { skipped: 'the DSN has no database, so INTO must name one' };
      for (const account of isSeparate(accounts) ? [system, user] : [system])
        await withGrants(account, () => tryResult(account.pool, database));
      return `the ${isSeparate(accounts) ? 'accounts' : 'account'} may create, fill, alter and drop tables in ${database}`;
    });
    yield check('accounts', () => checkAccount(user));
    if (accounts.readerDsn !== accounts.dsn) yield checkReader(accounts, schema);
  } finally {
    if (users !== pool) await users.end();
  }
}

/** The oldest versions that tests run on, by the server's name. */
const oldest = { MariaDB: [10, 11], MySQL: [8, 4] } as const;

async function supportedVersion(pool: Pool): Promise<string> {
  const [[row]] = await pool.query<RowDataPacket[]>('SELECT VERSION() AS version');
  const version = String(row?.version);
  const name = /mariadb/i.test(version) ? 'MariaDB' : 'MySQL';
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const [oldestMajor, oldestMinor] = oldest[name];
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return `${name} ${version}`;
  throw new MillraceError('DATABASE_REFUSED', `${name} ${version} is older than Millrace supports`, {
    hint: 'use MariaDB 10.11 or later, or MySQL 8.4 or later',
  });
}

/** Tests the rights instead of reading grants, because rights may also come from roles, patterns and proxies. */
async function checkSchemas({ pool, accounts, schema }: ConnectedAccount): Promise<string> {
  const work = workSchemaOf(schema, isSeparate(accounts));
  if (work !== schema) await inSchema(pool, work, () => tryTable(pool, work));
  const isThere = await inSchema(pool, schema, () => tryTable(pool, schema));
  if (!isThere) return `${schema} does not exist yet; the account may create it`;
  const version = await schemaVersion(pool, schema);
  if (version === latestVersion) return `${schema}, version ${version}`;
  return `${schema}, version ${version}; the next command, or millrace migrate, updates it to ${latestVersion}`;
}

/** Creates a selection with the account of users' queries, and takes it over with the account of the system schema. */
function trySelection({ pool, schema }: ConnectedAccount, users: Pool): Promise<unknown> {
  const work = workSchemaOf(schema, true);
  return inSchema(pool, work, async () => {
    const table = newTable(work);
    try {
      await users.query(`CREATE TABLE ${table} (n INT PRIMARY KEY) ENGINE=InnoDB`);
      await users.query(`INSERT INTO ${table} VALUES (1)`);
    } finally {
      await pool.query(`DROP TABLE IF EXISTS ${table}`);
    }
  });
}

/** Creates a missing schema for the work and drops it afterwards. @returns whether the schema existed */
async function inSchema(pool: Pool, schema: string, work: () => Promise<void>): Promise<boolean> {
  const [found] = await pool.query<RowDataPacket[]>('SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?', [
    schema,
  ]);
  if (found.length > 0) {
    await work();
    return true;
  }
  await pool.query(`CREATE DATABASE ${quoteName(schema)} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  await work().finally(() => pool.query(`DROP DATABASE ${quoteName(schema)}`));
  return false;
}

function tryTable(pool: Pool, database: string): Promise<void> {
  return withTable(pool, database, async (table) => {
    await pool.query(`INSERT INTO ${table} VALUES (1)`);
    await pool.query(`UPDATE ${table} SET n = 2`);
    await pool.query(`ALTER TABLE ${table} ADD COLUMN m INT`);
    await pool.query(`DELETE FROM ${table}`);
  });
}

/** Does what storing a result requires; its account needs no other rights on the tables of users (docs/server.md, Accounts). */
function tryResult(pool: Pool, database: string): Promise<void> {
  return withTable(pool, database, async (table) => {
    await pool.query(`INSERT INTO ${table} VALUES (1)`);
    await pool.query(`ALTER TABLE ${table} ADD COLUMN m INT`);
  });
}

async function withTable(pool: Pool, database: string, use: (table: string) => Promise<void>): Promise<void> {
  const table = newTable(database);
  await pool.query(`CREATE TABLE ${table} (n INT PRIMARY KEY) ENGINE=InnoDB`);
  try {
    await use(table);
  } finally {
    await pool.query(`DROP TABLE ${table}`);
  }
}

function newTable(database: string): string {
  return quoteTable({ database, table: `millrace_doctor_${randomBytes(6).toString('hex')}` });
}
