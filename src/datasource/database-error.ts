import { type ErrorCode, MillraceError, mayPass } from '../errors.ts';

/** What mysql2 and Node attach to an error: the server's errors have `errno` and `sqlMessage`, those of connections only `code`. */
interface DriverError extends Error {
  readonly code?: string;
  readonly errno?: number;
  readonly sqlMessage?: string;
}

type DatabaseCode = Extract<ErrorCode, `DATABASE_${string}` | 'QUERY_FAILED'>;

/**
 * The server's error numbers that indicate more than an invalid statement.
 * https://dev.mysql.com/doc/mysql-errors/en/server-error-reference.html, https://mariadb.com/kb/en/mariadb-error-code-reference/
 */
const meanings: Partial<Record<DatabaseCode, readonly number[]>> = {
  // too many connections (1040, 1203), shutting down (1053), killed (1927, 3169), idle too long (4031)
  DATABASE_UNREACHABLE: [1040, 1053, 1203, 1927, 3169, 4031],
  // account or password (1045, 1698), host (1129, 1130), plugin (1251, 1524), expired (1820, 1862), locked (3118, 4151), no TLS (3159)
  DATABASE_REFUSED: [1045, 1129, 1130, 1251, 1524, 1698, 1820, 1862, 3118, 3159, 4151],
  DATABASE_RIGHTS: [1044, 1142, 1143, 1227, 1370, 1410, 1419],
  // disk (1021, 3675), table or its disk (1114)
  DATABASE_FULL: [1021, 1114, 3675],
  // changed since read (1020), lock wait (1205), deadlock (1213), definition changed (1412, 1615), rollback by the group (3101)
  DATABASE_BUSY: [1020, 1205, 1213, 1412, 1615, 3101, 3572],
};

/** Codes of Node's sockets, and mysql2's own codes for a closed connection. */
const connectionCodes = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
]);

/** Converts errors of mysql2 and the server to MillraceErrors; all others are returned unchanged. */
export function databaseError(error: unknown, phase: 'connecting' | 'connected' = 'connected'): unknown {
  if (error instanceof MillraceError || !(error instanceof Error)) return error;
  if (error.message.startsWith('As a result of LOCAL INFILE')) return localInfile(error);
  const code = databaseCode(error, phase);
  if (code === null) return error;
  return new MillraceError(code, message(code, error), { cause: error });
}

/** The server asked mysql2 for a file, and got none. The statement has a LOCAL that we did not detect, such as one in an executed comment. */
function localInfile(cause: Error): MillraceError {
  return new MillraceError(
    'LOCAL_INFILE',
    'the statement asks for a local file (LOCAL INFILE), which Millrace does not send',
    { cause },
  );
}

/** Whether a retry may help, because the database is unreachable for the moment or was busy. */
export function isTemporary(error: unknown): boolean {
  return mayPass(databaseError(error));
}

function databaseCode(error: DriverError, phase: 'connecting' | 'connected'): DatabaseCode | null {
  if (error.sqlMessage === undefined) return connectionCode(error);
  if (isOutOfSpace(error)) return 'DATABASE_FULL';
  const meaning = Object.entries(meanings).find(([, numbers]) => numbers.includes(error.errno ?? 0));
  const code = (meaning?.[0] as DatabaseCode | undefined) ?? 'QUERY_FAILED';
  // In an open session, this is LOAD DATA INFILE without the right FILE.
  if (phase === 'connected' && error.errno === 1045) return 'DATABASE_RIGHTS';
  const refused = phase === 'connecting' && (code === 'DATABASE_RIGHTS' || code === 'QUERY_FAILED');
  return refused ? 'DATABASE_REFUSED' : code;
}

function connectionCode(error: DriverError): DatabaseCode | null {
  if (connectionCodes.has(error.code ?? '')) return 'DATABASE_UNREACHABLE';
  if (/^Can't add new command when connection is in closed state/.test(error.message)) return 'DATABASE_UNREACHABLE';
  return isRefusal(error) ? 'DATABASE_REFUSED' : null;
}

/** Errors of TLS and of the authentication, before the session starts. */
function isRefusal({ code = '' }: DriverError): boolean {
  return /^(HANDSHAKE_|AUTH_SWITCH_|ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/.test(code);
}

/** A storage engine reports the system's ENOSPC (28) inside its write errors. */
function isOutOfSpace({ errno, sqlMessage = '' }: DriverError): boolean {
  return /no space left on device|errcode: 28\b|errno: 28\b|error 28\b/i.test(sqlMessage) && errno !== 1064;
}

function message(code: DatabaseCode, error: DriverError): string {
  const said = serverMessage(error);
  switch (code) {
    case 'DATABASE_UNREACHABLE':
      return `the database does not answer: ${said}`;
    case 'DATABASE_REFUSED':
      return `the database refuses the connection: ${said}`;
    case 'DATABASE_FULL':
      return `the database is out of space: ${said}`;
    default:
      return `the database says: ${said}`;
  }
}

/** The server's message without its advice to read a manual. */
function serverMessage(error: DriverError): string {
  const said = error.sqlMessage ?? (error.message || error.code || 'the connection was lost');
  return said
    .replace(/^You have an error in your SQL syntax; .*? syntax to use near /s, 'syntax error near ')
    .replace(/\s+/g, ' ')
    .trim();
}
