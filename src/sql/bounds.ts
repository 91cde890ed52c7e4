/** In UTF-16 units. MariaDB accepts no longer packet by default: https://mariadb.com/kb/en/server-system-variables/#max_allowed_packet */
export const maxStatementLength = 16 * 1024 * 1024;

/** Maximum number of statements in a program. Each has a row in the ledger and appears in every answer about the program. */
export const maxStatements = 5_000;

/** Maximum number of tokens in the clauses of one statement, after the query. */
export const maxClauseTokens = 20_000;

/**
 * Equals the maximum number of placeholders in a prepared statement (ER_PS_MANY_PARAM):
 * https://dev.mysql.com/doc/mysql-errors/en/server-error-reference.html
 */
export const maxParameterNames = 65_535;

/** Maximum depth of nested brackets and of nested operators. */
export const maxNesting = 1000;

/** Maximum number of errors reported for one program; the text after the last one is not read. */
export const maxErrors = 100;
