import { type ErrorCode, errorTable, MillraceError } from '../errors.ts';
import { position } from '../sql/format-error.ts';
import type { MysqlError } from './protocol/answers.ts';

type Number = readonly [number: number, sqlState: string];

/** https://dev.mysql.com/doc/mysql-errors/en/server-error-reference.html */
const numbers: Partial<Record<ErrorCode, Number>> = {
  UNAUTHENTICATED: [1045, '28000'],
  TOO_MANY_REQUESTS: [1226, '42000'],
  TOO_MANY_STATEMENTS: [1226, '42000'],
  UNKNOWN_DATASOURCE: [1049, '42000'],
  MYSQL_PROTOCOL: [1043, '08S01'],
  COMMAND_NOT_SUPPORTED: [1047, '08S01'],
  EXTENDED_NOT_PREPARED: [1295, 'HY000'],
  UNKNOWN_CONNECTION: [1094, 'HY000'],
  STATEMENT_TOO_LONG: [1153, '08S01'],
  STATEMENT_TIMEOUT: [3024, 'HY000'],
  CANCELLED: [1317, '70100'],
  READ_ONLY_ROLE: [1227, '42000'],
  SYSTEM_SCHEMA: [1227, '42000'],
  IMAGE_NOT_ALLOWED: [1227, '42000'],
  PROFILE_NOT_ALLOWED: [1227, '42000'],
  FORBIDDEN: [1227, '42000'],
};

/** An invalid statement: ER_PARSE_ERROR, whose message is the server's own. */
const invalid: Number = [1064, '42000'];
/** ER_UNKNOWN_ERROR */
const unknown: Number = [1105, 'HY000'];

/** @param source the text that the error's place is in; null: none */
export function mysqlErrorOf(error: unknown, source: string | null): MysqlError {
  const known = asMillraceError(error);
  const [number, sqlState] = numberOf(known);
  return { number, sqlState, message: messageOf(known, source) };
}

export function asMillraceError(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  return new MillraceError('INTERNAL', 'internal error', { hint: "the server's log has the details", cause: error });
}

function numberOf({ code, cause }: MillraceError): Number {
  const { errno, sqlState } = Object(cause) as { errno?: unknown; sqlState?: unknown };
  // An account of Millrace that the database refuses is not the client's.
  if (typeof errno === 'number' && errno >= 1000 && errno !== 1045 && errno !== 1698)
    return [errno, typeof sqlState === 'string' && sqlState.length === 5 ? sqlState : 'HY000'];
  return numbers[code] ?? (errorTable[code].kind === 'statement' ? invalid : unknown);
}

/** In one line: clients show nothing else. */
function messageOf({ code, message, hint, span, related }: MillraceError, source: string | null): string {
  const place = span === undefined || source === null ? '' : placeOf(position(source, span.start));
  const others = related.length === 0 ? '' : `; ${related.length} more`;
  return `${message}${place}${others}. ${capitalised(hint)} [${code}]`;
}

const placeOf = ({ line, column }: { readonly line: number; readonly column: number }) =>
  ` (line ${line}, column ${column})`;

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
