import { randomBytes } from 'node:crypto';
import { escape as quoteString } from 'mysql2';
import type { Config } from '../config.ts';
import {
  type AccountRole,
  accountRoles,
  accountStatements,
  escapePattern,
  perRole,
} from '../datasource/account-statements.ts';
import { formatDsn, type ParsedDsn, parseDsn } from '../datasource/dsn.ts';
import { quoteName } from '../datasource/identifiers.ts';
import { MillraceError } from '../errors.ts';
import type { Output } from './output.ts';

interface AccountOptions {
  /** Database of the users' tables and results. Default: that of the DSN. */
  readonly database?: string | undefined;
  /** The host part of the accounts' names, from which they may connect. */
  readonly from: string;
}

/** The setting for each account's DSN. */
const settings: Readonly<Record<AccountRole, string>> = {
  user: 'MILLRACE_DATASOURCE',
  system: 'MILLRACE_SYSTEM_DATASOURCE',
  reader: 'MILLRACE_READER_DATASOURCE',
  foreign: 'foreignSecret',
};

/**
 * `millrace accounts`: prints the SQL that creates the accounts of docs/server.md, for an administrator of the database. Accounts
 * whose DSNs are set keep their names, and their passwords are not shown. The others get new passwords.
 * @throws {MillraceError} USAGE, DATASOURCE_INVALID
 */
export function printAccounts(config: Config, { database, from }: AccountOptions, output: Output): number {
  const server = config.dsn === null ? anyServer : parseDsn(config.dsn);
  const results = database ?? server.database;
  if (results === null) {
    throw new MillraceError('USAGE', 'no database is given', {
      hint: 'name the database of your tables and results with --database',
    });
  }
  const given = givenAccounts(config);
  const accounts = perRole((role) => given[role] ?? newAccount(role, { ...server, database: results }));
  const names = perRole((role) => `${quoteString(accounts[role].user)}@${quoteString(from)}`);
  const isNew = (role: AccountRole) => given[role] === undefined;
  const statements = [
    `CREATE DATABASE IF NOT EXISTS ${quoteName(results)} CHARACTER SET utf8mb4`,
    ...accountRoles
      .filter(isNew)
      .map((role) => `CREATE USER ${names[role]} IDENTIFIED BY ${quoteString(accounts[role].password)}`),
    ...accountStatements({ schema: config.schema, database: escapePattern(results), accounts: names }),
  ];
  const known = accountRoles.filter((role) => !isNew(role)).map((role) => `${names[role]} (${settings[role]})`);
  const dsns = Object.fromEntries(
    accountRoles.filter(isNew).map((role) => [settings[role], formatDsn(accounts[role])]),
  );
  if (output.json) output.write({ statements, dsns });
  else output.line(scriptOf(statements, known, dsns));
  return 0;
}

const anyServer: ParsedDsn = { ...parseDsn('mysql://user:@HOST:3306/'), database: null };

/** An account with two roles would get the rights of both, so it is replaced. */
function givenAccounts({ dsn, systemDsn, readerDsn }: Config): Partial<Record<AccountRole, ParsedDsn>> {
  const isSeparate = dsn !== null && systemDsn !== null && systemDsn !== dsn;
  return {
    ...(isSeparate && { user: parseDsn(dsn), system: parseDsn(systemDsn) }),
    ...(readerDsn !== null && readerDsn !== dsn && readerDsn !== systemDsn && { reader: parseDsn(readerDsn) }),
  };
}

function newAccount(role: AccountRole, server: ParsedDsn): ParsedDsn {
  return { ...server, user: `millrace_${role}`, password: randomBytes(24).toString('base64url') };
}

/** @param known accounts that are expected to exist */
function scriptOf(
  statements: readonly string[],
  known: readonly string[],
  dsns: Readonly<Record<string, string>>,
): string {
  return [
    '-- Run these statements as an administrator of the database. They contain passwords.',
    ...(known.length === 0 ? [] : [`-- Create these accounts first if they do not exist: ${known.join(', ')}.`]),
    ...statements.map((sql) => `${sql};`),
    '',
    '-- Then set these DSNs:',
    ...Object.entries(dsns).map(([setting, dsn]) => `--   ${setting}=${dsn}`),
  ].join('\n');
}
