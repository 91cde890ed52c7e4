import { workSchemaOf } from '../task.ts';
import { quoteName } from './identifiers.ts';

export const accountRoles = ['system', 'user', 'reader', 'foreign'] as const;

export type AccountRole = (typeof accountRoles)[number];

export function perRole<T>(value: (role: AccountRole) => T): Record<AccountRole, T> {
  return Object.fromEntries(accountRoles.map((role) => [role, value(role)])) as Record<AccountRole, T>;
}

interface Place {
  /** The system schema's name. */
  readonly schema: string;
  /** Database of the users' tables and of results, as a pattern of GRANT: literal `_` and `%` are escaped. */
  readonly database: string;
}

export interface AccountRights extends Place {
  /** The accounts in SQL syntax: 'name'@'host'. */
  readonly accounts: Readonly<Record<AccountRole, string>>;
}

/** Matches every existing and future database. Separate grants exclude `ownDatabases` and the system schema. */
export const everyDatabase = '%';

/** Databases of the server itself. Rights on information_schema cannot be granted. */
const ownDatabases = ['mysql', 'performance_schema', 'sys'];

/**
 * The grants of each account of a database. With them, the database keeps users out of the system schema, whatever a statement contains.
 * The accounts must exist.
 */
export function accountStatements({ accounts, ...place }: AccountRights): readonly string[] {
  return [
    ...schemaStatements(place.schema),
    ...accountRoles.flatMap((role) => grantStatements(role, accounts[role], place)),
  ];
}

function schemaStatements(schema: string): readonly string[] {
  return [schema, workSchemaOf(schema, true)].map(
    (name) => `CREATE DATABASE IF NOT EXISTS ${quoteName(name)} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  );
}

/** @param account in SQL syntax */
export function grantStatements(role: AccountRole, account: string, { schema, database }: Place): readonly string[] {
  const names = { system: schema, intake: workSchemaOf(schema, true) };
  const place = { system: escapePattern(names.system), intake: escapePattern(names.intake), tables: database };
  const granted = rightsOf[role];
  const grant = (rights: string, pattern: string) => `GRANT ${rights} ON ${quoteName(pattern)}.* TO ${account}`;
  const own = database === everyDatabase ? [...ownDatabases, names.system, names.intake] : [];
  const shadowed = own.filter(
    (name) => !(['system', 'intake'] as const).some((each) => each in granted && names[each] === name),
  );
  return [
    ...(['system', 'intake', 'tables'] as const).flatMap((each) =>
      granted[each] === undefined ? [] : grant(granted[each], place[each]),
    ),
    ...shadowed.map((name) => grant(shadow, escapePattern(name))),
  ];
}

const rightsOf: Readonly<Record<AccountRole, { readonly [place in 'system' | 'intake' | 'tables']?: string }>> = {
  system: { system: 'ALL', intake: 'ALL', tables: 'CREATE, INSERT, ALTER, DROP' },
  user: { intake: 'CREATE, INSERT', tables: 'ALL' },
  reader: { tables: 'SELECT, SHOW VIEW' },
  foreign: { intake: 'SELECT', tables: 'SELECT, INSERT, CREATE, ALTER, DROP' },
};

/**
 * Allows nothing by itself, because LOCK TABLES also requires SELECT. Only the most specific pattern that matches a database's name counts,
 * so this grant excludes the database from `%`. https://dev.mysql.com/doc/refman/8.4/en/request-access.html
 */
const shadow = 'LOCK TABLES';

/** https://dev.mysql.com/doc/refman/8.4/en/grant.html#grant-quoting */
export function escapePattern(name: string): string {
  return name.replace(/[\\_%]/g, '\\$&');
}
