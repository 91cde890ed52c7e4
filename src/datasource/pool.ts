import { readFileSync } from 'node:fs';
import { createPool, type Pool, type PoolConnection, type PoolOptions, type SslOptions } from 'mysql2/promise';
import pRetry from 'p-retry';
import { MillraceError } from '../errors.ts';
import { databaseError, isTemporary } from './database-error.ts';
import type { ParsedDsn, Tls } from './dsn.ts';

/** Selects the server's default collation of utf8mb4, as its own client does. */
export const userNames = 'SET NAMES utf8mb4';

/**
 * Settings of a session. `own`: for our own statements, independent of the server's settings. mysql2 quotes bound values correctly only
 * without NO_BACKSLASH_ESCAPES; dates of users are copied unchanged; MariaDB 10.11 accepts the isolation level only as a statement.
 * `server`: for SQL of users, which must mean the same as in their own client.
 */
const sessionSettings = {
  own: [
    `${userNames}, SESSION time_zone = '+00:00', SESSION sql_mode = 'STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'`,
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  ],
  server: [userNames],
} as const;

/**
 * mysql2 sets both flags; the servers' own clients set neither. IGNORE_SPACE changes the session's sql_mode, and with it what counts as a
 * function's name. With FOUND_ROWS, an UPDATE also counts rows that it left unchanged; our own statements rely on that.
 */
const flags = { own: ['-IGNORE_SPACE'], server: ['-FOUND_ROWS'] } as const;

interface PoolSettings {
  readonly connections: number;
  /** Default: `own`. */
  readonly settings?: keyof typeof sessionSettings;
}

/** Long enough for a restart of the database. */
const PATIENCE_MS = 60_000;

/**
 * Opens connections to a datasource as needed. BIGINT, DECIMAL, JSON and times are returned as strings, exactly as stored; times are
 * UTC in sessions with our own settings. Every failure is a MillraceError: DATABASE_… or QUERY_FAILED.
 */
export function openPool(datasource: ParsedDsn, { connections, settings = 'own' }: PoolSettings): Pool {
  const pool = createPool({
    ...poolOptions(datasource, connections),
    flags: [...flags.own, ...(settings === 'own' ? [] : flags.server)],
  });
  pool.pool.on('connection', (connection) => {
    for (const sql of sessionSettings[settings]) connection.query(sql, (error) => error && connection.destroy());
  });
  return withDatabaseErrors(pool);
}

function poolOptions({ tls, socketPath, database, ...account }: ParsedDsn, connections: number): PoolOptions {
  return {
    ...account,
    ...(database === null ? {} : { database }),
    ...(socketPath === null ? {} : { socketPath }),
    ...(tls === null ? {} : { ssl: sslOptions(tls) }),
    connectionLimit: connections,
    charset: 'utf8mb4',
    timezone: 'Z',
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    jsonStrings: true,
  };
}

function sslOptions(tls: Tls): SslOptions {
  return { verifyIdentity: tls.verify, ...tlsOptions(tls) };
}

/** Node's options of a TLS connection. Node also compares the server's name. */
export function tlsOptions({ verify, ca }: Tls): { readonly rejectUnauthorized: boolean; readonly ca?: string } {
  return { rejectUnauthorized: verify, ...(ca === null ? {} : { ca: readCertificates(ca) }) };
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new MillraceError('DATASOURCE_INVALID', `cannot read the file ${file} of the datasource's parameter ssl-ca`, {
      cause,
    });
  }
}

/** Makes the pool's `query` and `execute` get a connection first, to distinguish refused connections from failed statements. */
function withDatabaseErrors(pool: Pool): Pool {
  const open = pool.getConnection.bind(pool);
  pool.getConnection = async () => {
    const connection = await open().catch((error) => {
      throw databaseError(error, 'connecting');
    });
    for (const method of ['query', 'execute', 'prepare', 'beginTransaction', 'commit', 'rollback'] as const)
      mapErrors(connection, method);
    return connection;
  };
  for (const method of ['query', 'execute'] as const) callOnConnection(pool, method);
  return pool;
}

type Method = (...args: unknown[]) => Promise<unknown>;

function mapErrors<T extends object>(target: T, name: keyof T): void {
  const method = (target[name] as Method).bind(target);
  const mapped: Method = (...args) =>
    method(...args).catch((error) => {
      throw databaseError(error);
    });
  Object.assign(target, { [name]: mapped });
}

function callOnConnection(pool: Pool, name: 'query' | 'execute'): void {
  const call: Method = async (...args) => {
    const connection = await pool.getConnection();
    try {
      return await (connection[name] as Method)(...args);
    } finally {
      connection.release();
    }
  };
  Object.assign(pool, { [name]: call });
}

/** Commits the changes of `work`, or rolls them back if it throws. */
export async function transaction<T>(pool: Pool, work: (connection: PoolConnection) => Promise<T>): Promise<T> {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const result = await work(connection);
    await connection.commit();
    return result;
  } catch (error) {
    await connection.rollback().catch(() => connection.destroy());
    throw error;
  } finally {
    connection.release();
  }
}

/**
 * Repeats `work` while the database is unreachable or busy. `work` must be safe to repeat: after a lost connection, it is unknown whether
 * the last commit took effect.
 *
 * @param options.patience ms after which the last error is thrown
 * @throws the signal's reason as soon as it is aborted
 */
export async function withReconnect<T>(
  work: () => Promise<T>,
  { patience = PATIENCE_MS, signal }: { readonly patience?: number; readonly signal?: AbortSignal } = {},
): Promise<T> {
  return pRetry(work, {
    retries: Number.POSITIVE_INFINITY,
    maxRetryTime: patience,
    minTimeout: 100,
    maxTimeout: 2_000,
    randomize: true,
    signal,
    shouldRetry: ({ error }) => isTemporary(error),
  });
}
