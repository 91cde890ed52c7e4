import type { Pool, RowDataPacket } from 'mysql2/promise';
import { parseDsn } from '../../datasource/dsn.ts';
import { openPool } from '../../datasource/pool.ts';

/** A lock of a database session says which statements have a living engine: it goes with the connection, so with the process. */
export interface StatementLock {
  /** Takes the lock again where its session was lost, and keeps the session from being idle; false: another engine has it. */
  renew(): Promise<boolean>;
  release(): Promise<void>;
}

/** Lock names hold at most 64 characters: https://dev.mysql.com/doc/refman/8.4/en/locking-functions.html */
function lockName(schema: string, statement: string): string {
  return `${schema.slice(0, 26)}:${statement}`.slice(0, 64);
}

/** On a connection of its own, for as long as the statement runs; null: another engine has the lock. */
export async function lockStatement(dsn: string, schema: string, statement: string): Promise<StatementLock | null> {
  const session = openPool(parseDsn(dsn), { connections: 1 });
  const name = lockName(schema, statement);
  const renew = async () => {
    const [rows] = await session.query<RowDataPacket[]>(
      'SELECT IF(IS_USED_LOCK(?) = CONNECTION_ID(), 1, GET_LOCK(?, 0)) AS got',
      [name, name],
    );
    return Number(rows[0]?.got) === 1;
  };
  const taken = await renew().catch(async (error) => {
    await session.end();
    throw error;
  });
  if (taken) return { renew, release: () => session.end().catch(() => {}) };
  await session.end();
  return null;
}

export async function isLocked(pool: Pool, schema: string, statement: string): Promise<boolean> {
  const [rows] = await pool.query<RowDataPacket[]>('SELECT IS_USED_LOCK(?) AS holder', [lockName(schema, statement)]);
  return rows[0]?.holder !== null;
}
