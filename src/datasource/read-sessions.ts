import type { PoolConnection } from 'mysql2/promise';
import { type ResultColumn, resultColumns, sentValues } from './column-types.ts';
import { parseDsn } from './dsn.ts';
import { openPool, userNames } from './pool.ts';
import { isUtc } from './program-session.ts';
import { endQuery, streamRows } from './row-stream.ts';

/** Sessions for queries that are answered at once. Each query finds its session as if it were new, and cannot write. */
export interface ReadSessions {
  /**
   * @returns null if the rows are more than `mostBytes` of JSON, or there is not exactly one result set
   * @throws the signal's reason once it is aborted, MillraceError QUERY_FAILED, DATABASE_…
   */
  read(sql: string, limits: { readonly signal: AbortSignal; readonly mostBytes: number }): Promise<ReadRows | null>;
  end(): Promise<void>;
}

export interface ReadRows {
  readonly columns: readonly ResultColumn[];
  /** JSON of each row. */
  readonly rows: readonly string[];
  readonly bytes: number;
}

/** How long the time zone of new sessions is known: an administrator's change takes effect after at most this time. */
const knownMs = 5_000;

export function openReadSessions(dsn: string, connections: number): ReadSessions {
  const pool = openPool(parseDsn(dsn), { connections, settings: 'server' });
  pool.pool.on('connection', (connection) => {
    connection.query(settings, (error) => error && connection.destroy());
  });
  let zone: { readonly until: number; readonly isUtc: boolean } | null = null;

  async function startsInUtc(connection: PoolConnection): Promise<boolean> {
    if (zone === null || performance.now() > zone.until)
      zone = { until: performance.now() + knownMs, isUtc: await isUtc(connection) };
    return zone.isUtc;
  }

  return {
    async read(sql, { signal, mostBytes }) {
      const connection = await pool.getConnection();
      let isLeft = false;
      const leave = () => {
        isLeft = true;
        return endQuery(pool, connection);
      };
      try {
        const utc = await startsInUtc(connection);
        return await readRows(connection, { sql, signal, leave }, utc, mostBytes);
      } finally {
        if (!isLeft) void renew(connection);
      }
    },
    end: () => pool.end(),
  };
}

/**
 * Settings of a new session. Each server executes its own comment: https://mariadb.com/kb/en/comment-syntax/,
 * https://dev.mysql.com/doc/refman/8.4/en/comments.html
 */
const settings = `${userNames}, SESSION /*M! tx_read_only *//*!80400 transaction_read_only */ = 1`;

async function readRows(
  connection: PoolConnection,
  query: Pick<Parameters<typeof streamRows>[1], 'sql' | 'signal' | 'leave'>,
  utc: boolean,
  mostBytes: number,
): Promise<ReadRows | null> {
  let fields: unknown;
  let columns: readonly ResultColumn[] = [];
  const rows: string[] = [];
  let bytes = 0;
  for await (const batch of streamRows(connection, query)) {
    if (fields !== undefined && batch.fields !== fields) return null;
    fields = batch.fields;
    columns = resultColumns(batch.fields, utc);
    const sent = sentValues(columns);
    for (const row of batch.rows) {
      const json = JSON.stringify(sent(row));
      bytes += Buffer.byteLength(json) + 1;
      if (bytes > mostBytes) return null;
      rows.push(json);
    }
  }
  return fields === undefined ? null : { columns, rows, bytes };
}

/**
 * Gives the connection back as a new session, after the answer: variables, locks and settings of the query are gone.
 * https://dev.mysql.com/doc/c-api/8.4/en/mysql-reset-connection.html
 */
async function renew(connection: PoolConnection): Promise<void> {
  try {
    await connection.reset();
    await connection.query(settings);
    connection.release();
  } catch {
    connection.destroy();
  }
}
