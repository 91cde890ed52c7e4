import { randomBytes } from 'node:crypto';
import type { Pool } from 'mysql2/promise';
import { afterAll, beforeAll, inject } from 'vitest';
import { type AccountRights, accountStatements } from '../src/datasource/account-statements.ts';
import type { Accounts } from '../src/datasource/accounts.ts';
import { formatDsn, type ParsedDsn, parseDsn } from '../src/datasource/dsn.ts';
import { quoteName } from '../src/datasource/identifiers.ts';
import { openPool } from '../src/datasource/pool.ts';
import { type DatabaseServer, databaseServers } from './database-servers.ts';

/** The available real servers: `describe.each(servers)('… on $name', (server) => { const database = useDatabase(server); … })` */
export const servers = databaseServers;
export const [mariadb] = databaseServers as readonly [DatabaseServer];

/** A new database for a test file, with an account that has all rights on it and on a system schema, but no others. */
export interface TestDatabase {
  readonly name: string;
  /** Not created yet: use `migrate(pool, systemSchema)`, or MILLRACE_SCHEMA of a child process. */
  readonly systemSchema: string;
  readonly datasource: ParsedDsn;
  readonly dsn: string;
  readonly pool: Pool;
  /** Other accounts, with the rights that docs/server.md gives them. */
  readonly accounts: Accounts & { readonly foreignDsn: string };
  /** Connections of an administrator. */
  readonly admin: Pool;
}

const SERVER_START_MS = 180_000;

/** Creates the database before the tests of the surrounding `describe` and drops it afterwards. Its properties can be read only inside tests. */
export function useDatabase(server: DatabaseServer): TestDatabase {
  const database = {} as { -readonly [key in keyof TestDatabase]: TestDatabase[key] };
  beforeAll(async () => {
    Object.assign(database, await createDatabase(server));
  }, SERVER_START_MS);
  afterAll(async () => {
    if (database.admin) await dropDatabase(database);
  });
  return database;
}

async function createDatabase(server: DatabaseServer): Promise<TestDatabase> {
  const administrator = parseDsn(await server.start(inject('serversFolder')));
  const admin = openPool(administrator, { connections: 2 });
  const id = randomBytes(6).toString('hex');
  const [name, systemSchema, user, password] = [`test${id}`, `system${id}`, `user${id}`, `p@s's:/?#%41"\\${id}`];
  await admin.query(`CREATE DATABASE ${quoteName(name)} CHARACTER SET utf8mb4`);
  await admin.query(`CREATE USER ?@'%' IDENTIFIED BY ?`, [user, password]);
  for (const schema of [name, systemSchema]) await admin.query(`GRANT ALL ON ${quoteName(schema)}.* TO ?@'%'`, [user]);
  const accounts = await createAccounts(admin, administrator, { id, name, systemSchema, password });
  for (const schema of [`${systemSchema}_work`])
    await admin.query(`GRANT ALL ON ${quoteName(schema)}.* TO ?@'%'`, [user]);
  const datasource = { ...administrator, user, password, database: name };
  const pool = openPool(datasource, { connections: 4 });
  return { name, systemSchema, datasource, dsn: formatDsn(datasource), accounts, pool, admin };
}

async function createAccounts(
  admin: Pool,
  server: ParsedDsn,
  {
    id,
    name,
    systemSchema: schema,
    password,
  }: { readonly id: string } & Record<'name' | 'systemSchema' | 'password', string>,
): Promise<TestDatabase['accounts']> {
  const accounts = Object.fromEntries(
    (['system', 'user', 'reader', 'foreign'] as const).map((role) => [role, `'${role}_${id}'@'%'`]),
  ) as AccountRights['accounts'];
  for (const account of Object.values(accounts))
    await admin.query(`CREATE USER ${account} IDENTIFIED BY ?`, [password]);
  for (const sql of accountStatements({ schema, database: name, accounts })) await admin.query(sql);
  const dsn = (role: string) => formatDsn({ ...server, user: `${role}_${id}`, password, database: name });
  return { dsn: dsn('user'), systemDsn: dsn('system'), readerDsn: dsn('reader'), foreignDsn: dsn('foreign') };
}

async function dropDatabase({ name, systemSchema, datasource, accounts, pool, admin }: TestDatabase): Promise<void> {
  await pool.end();
  for (const schema of [name, systemSchema, `${systemSchema}_work`])
    await admin.query(`DROP DATABASE IF EXISTS ${quoteName(schema)}`);
  const users = [datasource.user, ...Object.values(accounts).map((dsn) => parseDsn(dsn).user)];
  for (const user of users) await admin.query(`DROP USER ?@'%'`, [user]);
  await admin.end();
}
