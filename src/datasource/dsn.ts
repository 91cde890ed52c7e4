import { MillraceError } from '../errors.ts';

/** The address of a database and the account to use. */
export interface ParsedDsn {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The default database of a session; null: none. */
  readonly database: string | null;
  /** A unix socket instead of host and port; null: TCP. */
  readonly socketPath: string | null;
  /** null: unencrypted. */
  readonly tls: Tls | null;
}

export interface Tls {
  /** Whether the server's certificate and name are verified. */
  readonly verify: boolean;
  /** A PEM file of certificates to trust instead of the system's. */
  readonly ca: string | null;
}

const DEFAULT_PORT = 3306;
const FORM = 'write mysql://user:password@host:port/database';

/** Settings of other clients that have no effect here: go-sql-driver/mysql's README, "Parameters". */
const ignoredParameters = new Set([
  'allowAllFiles',
  'allowCleartextPasswords',
  'allowFallbackToPlaintext',
  'allowNativePasswords',
  'allowOldPasswords',
  'charset',
  'checkConnLiveness',
  'clientFoundRows',
  'collation',
  'columnsWithAlias',
  'compress',
  'connectionAttributes',
  'interpolateParams',
  'loc',
  'maxAllowedPacket',
  'multiStatements',
  'parseTime',
  'readTimeout',
  'rejectReadOnly',
  'serverPubKey',
  'timeTruncate',
  'timeout',
  'writeTimeout',
]);

/**
 * Parses a DSN in the URL form `mysql://user:password@host:port/database?tls=true` (percent-encoded) or SQLFlow's Go form
 * `mysql://user:password@tcp(host:port)/database?tls=true` (the password is not encoded; the last `@` ends it).
 *
 * Parameters: `tls=true|skip-verify|false`, `ssl-ca=FILE`, `socket=PATH`. Those of the Go driver are ignored, all others rejected.
 *
 * @throws MillraceError DATASOURCE_INVALID; the message never contains the password
 */
export function parseDsn(text: string): ParsedDsn {
  const rest = /^mysql:\/\/(.*)$/s.exec(text.trim())?.[1];
  if (rest === undefined) throw invalid('the datasource does not start with mysql://', FORM);
  return /@(tcp6?|unix)\(/.test(rest) ? parseGoForm(rest) : parseUrlForm(rest);
}

function parseGoForm(rest: string): ParsedDsn {
  const match = /^([^:@]*)(?::(.*))?@(tcp6?|unix)\(([^()]*)\)(?:\/([^/?]*)(?:\?(.*))?)?$/s.exec(rest);
  if (!match)
    throw invalid('the datasource does not have the form mysql://user:password@tcp(host:port)/database', FORM);
  const [, user = '', password = '', network, address = '', database = '', query = ''] = match;
  return datasource({
    user,
    password,
    ...(network === 'unix' ? { host: 'localhost', port: DEFAULT_PORT } : parseAddress(address)),
    socketPath: network === 'unix' ? address : null,
    database: decode(database),
    query,
  });
}

function parseUrlForm(rest: string): ParsedDsn {
  const { user, password, address, database, query } = splitUrl(rest);
  const parameters = new URLSearchParams(query);
  return datasource({
    user: decode(user),
    password: decode(password),
    ...parseAddress(address),
    socketPath: parameters.get('socket'),
    database: decode(database),
    query,
  });
}

/** The last `@` ends the password, which may contain unencoded `/`, `?`, `#` and `@`. */
function splitUrl(rest: string): Record<'user' | 'password' | 'address' | 'database' | 'query', string> {
  const match = /^([^:@]*)(?::(.*))?@([^@/?#]+)(?:\/([^@/?]*)(?:\?([^@]*))?)?$/s.exec(rest);
  if (!match) throw invalid('the datasource does not have the form mysql://user:password@host:port/database', FORM);
  const [, user = '', password = '', address = '', database = '', query = ''] = match;
  return { user, password, address, database, query };
}

/** `host`, `host:port`, `[IPv6]` or `[IPv6]:port` */
function parseAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? DEFAULT_PORT);
  if (!host) throw invalid("the datasource's host and port are invalid", `${FORM}; write an IPv6 address in [ ]`);
  if (port < 1 || port > 65535) throw invalid(`the datasource's port ${port} is not between 1 and 65535`, FORM);
  return { host, port };
}

interface DsnParts {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly socketPath: string | null;
  readonly query: string;
}

function datasource({ query, ...parts }: DsnParts): ParsedDsn {
  if (parts.user === '') throw invalid('the datasource has no user', FORM);
  const parameters = new URLSearchParams(query);
  refuseUnknown(parameters);
  return { ...parts, database: parts.database || null, tls: parseTls(parameters) };
}

function refuseUnknown(parameters: URLSearchParams): void {
  const obeyed = new Set(['tls', 'ssl-ca', 'socket']);
  for (const name of parameters.keys()) {
    if (obeyed.has(name) || ignoredParameters.has(name)) continue;
    throw invalid(
      `unknown parameter "${name}" in the datasource`,
      `remove it; the known parameters are ${[...obeyed].join(', ')}`,
    );
  }
}

function parseTls(parameters: URLSearchParams): Tls | null {
  const ca = parameters.get('ssl-ca');
  const mode = parameters.get('tls') ?? (ca ? 'true' : 'false');
  switch (mode) {
    case 'true':
      return { verify: true, ca };
    case 'skip-verify':
      return { verify: false, ca };
    case 'false':
      return null;
    default:
      throw invalid(
        `invalid value "${mode}" for the datasource's parameter tls`,
        'write tls=true, tls=skip-verify or tls=false',
      );
  }
}

/** The URL form, including the password: a secret. `parseDsn` returns the same datasource. */
export function formatDsn(datasource: ParsedDsn): string {
  const { user, password, database, socketPath, tls } = datasource;
  const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  const query = formatParameters({
    tls: tls && formatTls(tls),
    'ssl-ca': tls?.ca,
    socket: socketPath,
  });
  return `mysql://${credentials}@${formatAddress(datasource)}/${encodeURIComponent(database ?? '')}${query}`;
}

/** SQLFlow's form, for images that read SQLFLOW_DATASOURCE. Includes the password: a secret. */
export function formatGoDsn(datasource: ParsedDsn): string {
  const { user, password, database, socketPath, tls } = datasource;
  const address = socketPath ? `unix(${socketPath})` : `tcp(${formatAddress(datasource)})`;
  const query = formatParameters({ tls: tls && formatTls(tls) });
  return `mysql://${user}:${password}@${address}/${encodeURIComponent(database ?? '')}${query}`;
}

/** `user@host:port/database`, for people and logs. */
export function describeDsn({ user, database, socketPath, host, port }: ParsedDsn): string {
  return `${user}@${socketPath ?? formatAddress({ host, port })}/${database ?? ''}`;
}

function formatAddress({ host, port }: Pick<ParsedDsn, 'host' | 'port'>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function formatTls({ verify }: Tls): string {
  return verify ? 'true' : 'skip-verify';
}

function formatParameters(parameters: Record<string, string | null | undefined>): string {
  const present = Object.entries(parameters).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return present.length === 0 ? '' : `?${new URLSearchParams(present)}`;
}

/** Decodes percent-encoding. A text with a stray `%` was not encoded. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function invalid(message: string, hint: string): MillraceError {
  return new MillraceError('DATASOURCE_INVALID', message, { hint });
}
