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
/** @param sqlMode `@@sql_mode`, in which the server has expanded combinations such as ANSI */
export function lexicalMode(sqlMode: string): LexicalMode {
  const modes = new Set(sqlMode.toUpperCase().split(','));
  return Object.freeze({
    noBackslashEscapes: modes.has('NO_BACKSLASH_ESCAPES'),
    ansiQuotes: modes.has('ANSI_QUOTES'),
  });
}
