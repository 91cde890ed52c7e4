/** In UTF-16 units. MariaDB takes no longer packet unless told to: https://mariadb.com/kb/en/server-system-variables/#max_allowed_packet */
export const maxStatementLength = 16 * 1024 * 1024;

/** The statements of one program. Each has a row in the ledger, and its place in every answer about the program. */
export const maxStatements = 5_000;

/** The clauses of one statement, after the query. */
export const maxClauseTokens = 20_000;

/**
 * As many placeholders as a prepared statement may have (ER_PS_MANY_PARAM):
 * https://dev.mysql.com/doc/mysql-errors/en/server-error-reference.html
 */
export const maxParameterNames = 65_535;

/** Brackets in brackets, and operators on operators. */
export const maxNesting = 1000;

/** Reported of one program; what follows is not read. */
export const maxErrors = 100;
