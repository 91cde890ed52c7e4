import { workSchemaOf } from '../task.ts';
import { quoteName } from './identifiers.ts';

export interface AccountRights {
  /** The system schema's name. */
  readonly schema: string;
  /** Of the users' tables and of results: a pattern of GRANT, with `_` and `%` escaped where they mean themselves. */
  readonly database: string;
  /** As SQL names them: 'name'@'host'. */
  readonly accounts: Readonly<Record<'system' | 'user' | 'reader' | 'foreign', string>>;
}

/**
 * What each account of a database is granted, so that it keeps users out of the system schema whatever a statement holds. The
 * accounts are there already.
 */
export function accountStatements({ schema, database, accounts }: AccountRights): readonly string[] {
  const work = workSchemaOf(schema, true);
  const on = (pattern: string) => `${quoteName(pattern)}.*`;
  const [system, intake, tables] = [on(escapePattern(schema)), on(escapePattern(work)), on(database)];
  return [
    ...[schema, work].map(
      (name) => `CREATE DATABASE IF NOT EXISTS ${quoteName(name)} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    ),
    `GRANT ALL ON ${system} TO ${accounts.system}`,
    `GRANT ALL ON ${intake} TO ${accounts.system}`,
    `GRANT CREATE, INSERT, ALTER, DROP ON ${tables} TO ${accounts.system}`,
    `GRANT CREATE, INSERT ON ${intake} TO ${accounts.user}`,
    `GRANT ALL ON ${tables} TO ${accounts.user}`,
    `GRANT SELECT, SHOW VIEW ON ${tables} TO ${accounts.reader}`,
    `GRANT SELECT ON ${intake} TO ${accounts.foreign}`,
    `GRANT SELECT, INSERT, CREATE, ALTER, DROP ON ${tables} TO ${accounts.foreign}`,
  ];
}

/** https://dev.mysql.com/doc/refman/8.4/en/grant.html#grant-quoting */
function escapePattern(name: string): string {
  return name.replace(/[\\_%]/g, '\\$&');
}
