import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { replacePrivate } from '../private-file.ts';
import {
  type AccountRights,
  type AccountRole,
  accountRoles,
  accountStatements,
  everyDatabase,
  perRole,
} from './account-statements.ts';
import type { Accounts } from './accounts.ts';
import { formatDsn, parseDsn } from './dsn.ts';
import { withFileLock } from './file-lock.ts';
import { openPool } from './pool.ts';
import { startPrivateServer } from './private-server.ts';

/** A running private MariaDB, with accounts that have only the rights of docs/server.md. */
export interface PrivateDatabase {
  readonly accounts: Accounts;
  /** Whether it was running already. */
  readonly reused: boolean;
}

/** Stored in `accounts.json`, readable only by its owner. */
interface State {
  readonly passwords: Readonly<Record<AccountRole, string>>;
  /** Digests of the statements that have run since the server was started, one per system schema. */
  readonly made: readonly string[];
}

/**
 * Starts the private MariaDB of a folder unless it is running, and creates or renews its accounts for a system schema. They can access
 * every database, including those that users create, except the server's own and the system schema.
 * @throws MillraceError MARIADB_MISSING, MARIADB_FAILED, DATABASE_…
 */
export async function startPrivateDatabase(
  folder: string,
  { schema, onProgress }: { readonly schema: string; readonly onProgress?: (message: string) => void },
): Promise<PrivateDatabase> {
  const { dsn: administrator, reused } = await startPrivateServer(folder, { ...(onProgress && { onProgress }) });
  const passwords = await withFileLock(join(resolve(folder), 'accounts.lock'), () =>
    makeAccounts(join(resolve(folder), 'accounts.json'), { administrator, schema, renew: !reused }),
  );
  const server = parseDsn(administrator);
  const dsn = (role: AccountRole) => formatDsn({ ...server, user: userOf(role), password: passwords[role] });
  return { accounts: { dsn: dsn('user'), systemDsn: dsn('system'), readerDsn: dsn('reader') }, reused };
}

async function makeAccounts(
  file: string,
  {
    administrator,
    schema,
    renew,
  }: { readonly administrator: string; readonly schema: string; readonly renew: boolean },
): Promise<State['passwords']> {
  const known = await readState(file);
  const passwords = known?.passwords ?? newPasswords();
  const { host } = parseDsn(administrator);
  const statements = statementsOf(schema, host, passwords);
  const digest = createHash('sha256').update(statements.join('\n')).digest('hex');
  const made = renew ? [] : (known?.made ?? []);
  if (made.includes(digest)) return passwords;
  const pool = openPool(parseDsn(administrator), { connections: 1 });
  try {
    for (const sql of statements) await pool.query(sql);
  } finally {
    await pool.end();
  }
  await replacePrivate(file, `${JSON.stringify({ passwords, made: [...made, digest] } satisfies State)}\n`);
  return passwords;
}

/** Passwords are base64url, so nothing needs escaping. */
function statementsOf(schema: string, host: string, passwords: State['passwords']): readonly string[] {
  const accounts = perRole((role) => `'${userOf(role)}'@'${host}'`) satisfies AccountRights['accounts'];
  return [
    ...accountRoles.flatMap((role) => [
      `CREATE USER IF NOT EXISTS ${accounts[role]}`,
      `ALTER USER ${accounts[role]} IDENTIFIED BY '${passwords[role]}'`,
    ]),
    ...accountStatements({ schema, database: everyDatabase, accounts }),
  ];
}

function userOf(role: AccountRole): string {
  return `millrace_${role}`;
}

function newPasswords(): State['passwords'] {
  return perRole(() => randomBytes(24).toString('base64url'));
}

async function readState(file: string): Promise<State | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as State);
}
