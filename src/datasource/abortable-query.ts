import type { FieldPacket, Pool, PoolConnection, QueryOptions, QueryResult } from 'mysql2/promise';

/**
 * Runs one statement. An abort also ends it in the database, where it would otherwise continue without its client.
 *
 * @param settings statements that change settings of the session; the session is closed afterwards
 * @throws the signal's reason once it is aborted, MillraceError QUERY_FAILED, DATABASE_…
 */
export async function abortableQuery(
  pool: Pool,
  query: QueryOptions,
  signal: AbortSignal,
  settings: readonly string[] = [],
): Promise<[QueryResult, FieldPacket[]]> {
  signal.throwIfAborted();
  const connection = await pool.getConnection();
  let ending: Promise<unknown> | undefined;
  const end = () => {
    ending = endStatement(pool, connection);
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    for (const sql of settings) await connection.query(sql);
    return await connection.query(query);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
    await ending;
    if (settings.length > 0) connection.destroy();
    connection.release();
  }
}

/** An account may end its own statements without additional rights. The connection is closed, because the KILL may still be pending on it. */
async function endStatement(pool: Pool, connection: PoolConnection): Promise<void> {
  await pool.query(`KILL QUERY ${connection.threadId}`).catch(() => {});
  connection.destroy();
}
