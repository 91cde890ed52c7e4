import type { FieldPacket, PoolConnection } from 'mysql2/promise';
import { parseDsn } from '../../datasource/dsn.ts';
import { openPool } from '../../datasource/pool.ts';
import type { SqlStep } from '../../plan/plan.ts';
import type { QueryRows } from '../engine.ts';

/** The one session that runs the standard statements of a program: SET, USE and temporary tables hold for those after them. */
export interface SqlSession {
  /** Gives the statement to the database as it stands; rows that come back are handed on. */
  run(step: SqlStep): Promise<void>;
  close(): Promise<void>;
}

/** More than a person reads; a program that needs them all writes them to a table. */
const mostRows = 1000;

/** On connections of its own: statements that hold those of a shared pool would wait for each other. */
export function openSqlSession(dsn: string, onRows: (rows: QueryRows) => void, signal: AbortSignal): SqlSession {
  const pool = openPool(parseDsn(dsn), { connections: 2 });
  let connection: PoolConnection | undefined;

  async function connect(): Promise<PoolConnection> {
    connection ??= await pool.getConnection();
    // Holds for what is returned to a client, not for INSERT … SELECT and the like:
    // https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_sql_select_limit
    await connection.query(`SET SESSION sql_select_limit = ${mostRows + 1}`);
    return connection;
  }

  return {
    async run(step) {
      const session = await connect();
      const kill = () => void pool.query(`KILL QUERY ${session.threadId}`).catch(() => {});
      signal.addEventListener('abort', kill, { once: true });
      try {
        const [rows, fields] = await session.query({ sql: step.sql, rowsAsArray: true });
        const result = Array.isArray(rows) && Array.isArray(fields) ? resultOf(rows, fields) : null;
        if (result !== null) onRows({ step: step.name, ...result });
      } finally {
        signal.removeEventListener('abort', kill);
      }
    },
    async close() {
      connection?.destroy();
      await pool.end();
    },
  };
}

function resultOf(rows: readonly unknown[], fields: readonly FieldPacket[]): Omit<QueryRows, 'step'> {
  const columns = fields.map(({ name }) => name);
  return { columns, rows: rows.slice(0, mostRows) as unknown[][], truncated: rows.length > mostRows };
}
