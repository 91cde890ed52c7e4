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
  /** Of the users' tables and of results: a pattern of GRANT, with `_` and `%` escaped where they mean themselves. */
  readonly database: string;
}

export interface AccountRights extends Place {
  /** As SQL names them: 'name'@'host'. */
  readonly accounts: Readonly<Record<AccountRole, string>>;
}

/** Every database, present and to come; those of `ownDatabases` and of the system schema are kept apart by grants of their own. */
export const everyDatabase = '%';

/** Of the servers themselves; nobody is granted rights on information_schema. */
const ownDatabases = ['mysql', 'performance_schema', 'sys'];

/**
 * What each account of a database is granted, so that it keeps users out of the system schema whatever a statement holds. The
 * accounts are there already.
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

/** @param account as SQL names it */
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
 * Allows nothing by itself: LOCK TABLES wants SELECT, too. Of all patterns that match a database's name the most specific alone counts,
 * so that this one takes the database out of `%`. https://dev.mysql.com/doc/refman/8.4/en/request-access.html
 */
const shadow = 'LOCK TABLES';

/** https://dev.mysql.com/doc/refman/8.4/en/grant.html#grant-quoting */
export function escapePattern(name: string): string {
  return name.replace(/[\\_%]/g, '\\$&');
}
