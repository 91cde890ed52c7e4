/**
 * The modes of a session that change which characters form a string.
 * https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html, https://mariadb.com/kb/en/sql-mode/
 */
export interface LexicalMode {
  /** A backslash in a string is a character like any other. */
  readonly noBackslashEscapes: boolean;
  /** `"` encloses names instead of strings. */
  readonly ansiQuotes: boolean;
}

/** The mode of an unconfigured server. */
export const defaultMode: LexicalMode = Object.freeze({ noBackslashEscapes: false, ansiQuotes: false });

/** ANSI_QUOTES, and the combinations that contain it; MySQL has only ANSI. */
const ansiModes = ['ANSI_QUOTES', 'ANSI', 'DB2', 'MAXDB', 'MSSQL', 'ORACLE', 'POSTGRESQL'];

/** @param sqlMode the value of `sql_mode`, as the server returns it or as a person writes it */
export function lexicalMode(sqlMode: string): LexicalMode {
  const modes = new Set(sqlModesOf(sqlMode));
  return Object.freeze({
    noBackslashEscapes: modes.has('NO_BACKSLASH_ESCAPES'),
    ansiQuotes: ansiModes.some((mode) => modes.has(mode)),
  });
}

/** The names in a value of `sql_mode`, in upper case. */
export const sqlModesOf = (sqlMode: string): readonly string[] =>
  sqlMode
    .toUpperCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
