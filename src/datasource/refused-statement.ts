import { MillraceError } from '../errors.ts';

/**
 * The server's error numbers for faults that it finds before it runs a statement: syntax errors and unknown names.
 * https://dev.mysql.com/doc/mysql-errors/en/server-error-reference.html
 */
const mistakes = new Set([
  // no database chosen (1046), unknown database (1049)
  1046, 1049,
  // column ambiguous (1052), unknown (1054), not in GROUP BY (1055), duplicate (1060), misplaced aggregate (1111)
  1052, 1054, 1055, 1060, 1111,
  // syntax (1064), empty (1065), number of values (1136), number of columns in UNION (1222), one column per operand (1241)
  1064,
  1065, 1136, 1222, 1241,
  // duplicate alias (1066), unknown table of a column (1109), unknown table (1146), wrong kind of object (1347)
  1066, 1109, 1146, 1347,
  // unknown function or procedure (1305, 1630), number of its arguments (1318, 1582), character set (1115), collation (1273)
  1305,
  1630, 1318, 1582, 1115, 1273,
  // unknown variable (1193), read only (1238)
  1193, 1238,
]);

/** Turns QUERY_FAILED into QUERY_REFUSED if the statement's own text is wrong. Every other error is returned unchanged. */
export function asRefusal(error: unknown): unknown {
  if (!(error instanceof MillraceError) || error.code !== 'QUERY_FAILED') return error;
  const { errno } = Object(error.cause) as { readonly errno?: number };
  if (errno === undefined || !mistakes.has(errno)) return error;
  return new MillraceError('QUERY_REFUSED', error.message, { cause: error });
}
