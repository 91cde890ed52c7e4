import type { Pool, PoolConnection } from 'mysql2/promise';
import { parseDsn } from '../../datasource/dsn.ts';
import { openPool } from '../../datasource/pool.ts';
import type { SqlStep } from '../../plan/plan.ts';

/** The one session that runs the standard statements of a program: SET, USE and temporary tables hold for those after them. */
export interface SqlSession {
  /** Gives the statement to the database as it stands; rows that come back are stored. */
  run(step: SqlStep): Promise<void>;
  close(): Promise<void>;
}

export interface SqlSessionOptions {
  readonly dsn: string;
  /** Where results are written. */
  readonly pool: Pool;
  readonly schema: string;
  readonly statement: string;
  readonly signal: AbortSignal;
}

/** On connections of its own: statements that hold those of a shared pool would wait for each other. */
export function openSqlSession({ dsn, signal }: SqlSessionOptions): SqlSession {
  const pool = openPool(parseDsn(dsn), { connections: 2 });
  let connection: PoolConnection | undefined;

  return {
    async run(step) {
      connection ??= await pool.getConnection();
      const session = connection;
      const kill = () => void pool.query(`KILL QUERY ${session.threadId}`).catch(() => {});
      signal.addEventListener('abort', kill, { once: true });
      try {
        await session.query(step.sql);
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
