import type { FieldPacket, Pool, PoolConnection, QueryOptions, QueryResult } from 'mysql2/promise';

/**
 * Runs one statement. An abort ends it in the database too, where it would go on after its client has gone.
 *
 * @throws the signal's reason once it is aborted, MillraceError QUERY_FAILED, DATABASE_…
 */
export async function abortableQuery(
  pool: Pool,
  query: QueryOptions,
  signal: AbortSignal,
): Promise<[QueryResult, FieldPacket[]]> {
  signal.throwIfAborted();
  const connection = await pool.getConnection();
  let ending: Promise<unknown> | undefined;
  const end = () => {
    ending = endStatement(pool, connection);
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    return await connection.query(query);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
    await ending;
    connection.release();
  }
}

/** An account may end its own statements without a further right. The connection is not used again: it may still be marked. */
async function endStatement(pool: Pool, connection: PoolConnection): Promise<void> {
  await pool.query(`KILL QUERY ${connection.threadId}`).catch(() => {});
  connection.destroy();
}
