import type { PoolConnection as CallbackConnection } from 'mysql2';
import type { FieldPacket, Pool, PoolConnection, ResultSetHeader } from 'mysql2/promise';
import { asWritten } from './column-types.ts';
import { databaseError } from './database-error.ts';

/** Rows of one result set, values as `sentValues` wants them. */
export interface RowBatch {
  /** The same object in every batch of a result set. */
  readonly fields: readonly FieldPacket[];
  readonly rows: unknown[][];
}

/** Characters of values after which the connection is not read any further until they are taken. */
const batchSize = 256 * 1024;

/**
 * A statement's result sets as the database sends them, in bounded memory: what nobody takes stays with the server. A result set
 * gives one batch at least.
 *
 * @param onOk called for each statement in it that returns no rows
 * @param leave called when the consumer leaves before the end; it must end the statement. `ended` is when the connection is free
 * @throws MillraceError QUERY_FAILED, DATABASE_…
 */
export async function* streamRows(
  connection: PoolConnection,
  { sql, values = [] }: { readonly sql: string; readonly values?: readonly unknown[] },
  leave: (ended: Promise<unknown>) => Promise<void>,
  onOk: (header: ResultSetHeader) => void = () => {},
): AsyncGenerator<RowBatch> {
  // mysql2's types say that it is another of the promise kind.
  const received = receive(connection.connection as unknown as CallbackConnection, { sql, values }, onOk);
  try {
    for (;;) {
      const batches = received.take();
      yield* batches;
      if (batches.length > 0) continue;
      if (received.hasEnded) return received.throwFailure();
      await received.more();
    }
  } finally {
    received.discard();
    if (!received.hasEnded) await leave(received.ended);
  }
}

/** For `leave` where nobody else needs the connection. It is free for the pool at once: others may wait for it to end theirs. */
export async function endQuery(pool: Pool, connection: PoolConnection): Promise<void> {
  const { threadId } = connection;
  connection.destroy();
  await pool.query(`KILL QUERY ${threadId}`).catch(() => {});
}

interface Received {
  readonly hasEnded: boolean;
  /** Never rejects. */
  readonly ended: Promise<unknown>;
  take(): RowBatch[];
  /** Until there is something to take, or the end. */
  more(): Promise<void>;
  throwFailure(): void;
  /** What comes from now on is dropped. */
  discard(): void;
}

function receive(
  connection: CallbackConnection,
  { sql, values }: { readonly sql: string; readonly values: readonly unknown[] },
  onOk: (header: ResultSetHeader) => void,
): Received {
  let batches: RowBatch[] = [];
  let fields: readonly FieldPacket[] = [];
  let size = 0;
  let discarding = false;
  let failure: unknown;
  let hasEnded = false;
  let wake = () => {};
  const { promise: ended, resolve: resolveEnded } = Promise.withResolvers<void>();

  const end = (error?: unknown) => {
    failure ??= error;
    hasEnded = true;
    resolveEnded();
    wake();
  };
  // A connection that is lost tells so itself; its command hears nothing.
  connection.on('error', end);
  const query = connection.query({ sql, values: [...values], rowsAsArray: true, typeCast: asWritten });
  query
    .on('fields', (found: FieldPacket[] | undefined) => {
      if (found === undefined || discarding) return;
      fields = found;
      batches.push({ fields, rows: [] });
      wake();
    })
    .on('result', (row: unknown) => {
      if (!Array.isArray(row)) return onOk(row as ResultSetHeader);
      if (discarding) return;
      if (batches.length === 0) batches.push({ fields, rows: [] });
      batches.at(-1)!.rows.push(row);
      size += sizeOf(row);
      if (size > batchSize) connection.pause();
      wake();
    })
    .on('error', end)
    .on('end', () => {
      connection.off('error', end);
      end();
    });

  return {
    get hasEnded() {
      return hasEnded;
    },
    ended,
    take() {
      const taken = batches;
      batches = [];
      size = 0;
      connection.resume();
      return taken;
    },
    more: () =>
      new Promise((resolve) => {
        wake = resolve;
        if (hasEnded || batches.length > 0) resolve();
      }),
    throwFailure() {
      if (failure !== undefined) throw databaseError(failure);
    },
    discard() {
      discarding = true;
      batches = [];
      connection.resume();
    },
  };
}

function sizeOf(row: readonly unknown[]): number {
  let size = 0;
  for (const value of row) size += typeof value === 'string' || Buffer.isBuffer(value) ? value.length : 8;
  return size;
}
