import { InvalidArgumentError } from '@commander-js/extra-typings';
import { type LexicalMode, lexicalMode, sqlModesOf } from '../../sql/lexical-mode.ts';

export const sqlModeHelp = 'sql_mode of the session that will run the program, such as ANSI_QUOTES';

/**
 * The names that MySQL and MariaDB accept: a misspelt one would have no effect.
 * https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html, https://mariadb.com/kb/en/sql-mode/
 */
const known = new Set(
  `ALLOW_INVALID_DATES ANSI ANSI_QUOTES DB2 EMPTY_STRING_IS_NULL ERROR_FOR_DIVISION_BY_ZERO HIGH_NOT_PRECEDENCE
IGNORE_BAD_TABLE_OPTIONS IGNORE_SPACE MAXDB MSSQL MYSQL323 MYSQL40 NO_AUTO_CREATE_USER NO_AUTO_VALUE_ON_ZERO
NO_BACKSLASH_ESCAPES NO_DIR_IN_CREATE NO_ENGINE_SUBSTITUTION NO_FIELD_OPTIONS NO_KEY_OPTIONS NO_TABLE_OPTIONS
NO_UNSIGNED_SUBTRACTION NO_ZERO_DATE NO_ZERO_IN_DATE ONLY_FULL_GROUP_BY ORACLE PAD_CHAR_TO_FULL_LENGTH
PIPES_AS_CONCAT POSTGRESQL REAL_AS_FLOAT SIMULTANEOUS_ASSIGNMENT STRICT_ALL_TABLES STRICT_TRANS_TABLES
TIME_ROUND_FRACTIONAL TIME_TRUNCATE_FRACTIONAL TRADITIONAL`.split(/\s/),
);

/** Parses the value of --sql-mode. */
export function readSqlMode(written: string): LexicalMode {
  const unknown = sqlModesOf(written).find((name) => !known.has(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`Unknown mode ${unknown}.`);
  return lexicalMode(written);
}
