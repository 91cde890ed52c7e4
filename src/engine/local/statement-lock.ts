import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';

/**
 * A lock of the database's session says which statements have a living engine: it goes with the connection, so with the process.
 * Lock names hold at most 64 characters: https://dev.mysql.com/doc/refman/8.4/en/locking-functions.html
 */
function lockName(schema: string, statement: string): string {
  return `${schema.slice(0, 26)}:${statement}`.slice(0, 64);
}

/** Takes the lock for as long as the returned function is not called; null: another engine has it. */
export async function holdStatement(
  pool: Pool,
  schema: string,
  statement: string,
): Promise<(() => Promise<void>) | null> {
  const connection: PoolConnection = await pool.getConnection();
  const name = lockName(schema, statement);
  const [rows] = await connection.query<RowDataPacket[]>('SELECT GET_LOCK(?, 0) AS got', [name]);
  if (Number(rows[0]?.got) !== 1) {
    connection.release();
    return null;
  }
  return async () => {
    await connection.query('DO RELEASE_LOCK(?)', [name]).catch(() => {});
    connection.release();
  };
}

export async function isHeld(pool: Pool, schema: string, statement: string): Promise<boolean> {
  const [rows] = await pool.query<RowDataPacket[]>('SELECT IS_USED_LOCK(?) AS holder', [lockName(schema, statement)]);
  return rows[0]?.holder !== null;
}
