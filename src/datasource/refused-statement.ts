import { MillraceError } from '../errors.ts';

/**
 * The server's error numbers for what it finds before it runs a statement: syntax, and names that are not there.
 * https://dev.mysql.com/doc/mysql-errors/en/server-error-reference.html
 */
const mistakes = new Set([
  // no database chosen (1046), unknown database (1049)
  1046, 1049,
  // column ambiguous (1052), unknown (1054), not in GROUP BY (1055), twice (1060), an aggregate out of place (1111)
  1052, 1054, 1055, 1060, 1111,
  // syntax (1064), empty (1065), as many values as columns (1136), UNION of other columns (1222), one column per operand (1241)
  1064,
  1065, 1136, 1222, 1241,
  // alias twice (1066), unknown table of a column (1109), table not there (1146), wrong kind of object (1347)
  1066, 1109, 1146, 1347,
  // function or procedure not there (1305, 1630), number of its arguments (1318, 1582), character set (1115), collation (1273)
  1305,
  1630, 1318, 1582, 1115, 1273,
  // variable not there (1193), read only (1238)
  1193, 1238,
]);

/** QUERY_FAILED for a mistake in the statement's own text is QUERY_REFUSED; every other error is as it was. */
export function asRefusal(error: unknown): unknown {
  if (!(error instanceof MillraceError) || error.code !== 'QUERY_FAILED') return error;
  const { errno } = Object(error.cause) as { readonly errno?: number };
  if (errno === undefined || !mistakes.has(errno)) return error;
  return new MillraceError('QUERY_REFUSED', error.message, { cause: error });
}
