import type { PoolConnection as CallbackConnection } from 'mysql2';
import type { FieldPacket, Pool, PoolConnection } from 'mysql2/promise';
import { asWritten } from './column-types.ts';
import { databaseError } from './database-error.ts';

/** Rows of one result set, with values as `sentValues` expects them. */
export interface RowBatch {
  /** The same object in every batch of a result set. */
  readonly fields: readonly FieldPacket[];
  readonly rows: unknown[][];
}

export interface RowStreamOptions {
  readonly sql: string;
  readonly values?: readonly unknown[];
  /**
   * Sends values in binary, as a prepared statement does: FLOAT and DOUBLE are numbers, exactly as stored, and cost the server a
   * fourteenth of the time. Values are not those that `sentValues` expects.
   */
  readonly prepared?: boolean;
  readonly signal: AbortSignal;
  /**
   * Ends the statement in the database, because its consumer leaves early or the signal is aborted.
   * @param ended resolves when the connection is free again; never rejects
   */
  readonly leave: (ended: Promise<void>) => Promise<void>;
  /** Called for each statement that returns no rows. */
  readonly onOk?: (header: OkHeader) => void;
}

/** The part of mysql2's ResultSetHeader that its types lack. */
export interface OkHeader {
  /** Number of rows that were inserted, changed or deleted. */
  readonly affectedRows: number;
  readonly stateChanges?: {
    readonly systemVariables: Readonly<Record<string, string>>;
    /** null: not changed. */
    readonly schema: string | null;
  };
}

/** Maximum number of buffered characters: the connection is not read further until they are consumed. */
const batchSize = 256 * 1024;

/**
 * Streams a statement's result sets in bounded memory: rows that are not yet consumed stay with the server. Every result set yields at
 * least one batch.
 *
 * @throws the signal's reason once it is aborted, MillraceError QUERY_FAILED, DATABASE_…
 */
export async function* streamRows(connection: PoolConnection, options: RowStreamOptions): AsyncGenerator<RowBatch> {
  const { signal, leave } = options;
  signal.throwIfAborted();
  // mysql2 declares it as another connection with promises, which it is not.
  const received = receive(connection.connection as unknown as CallbackConnection, options);
  let leaving: Promise<void> | undefined;
  const stop = () => {
    received.discard();
    if (!received.hasEnded()) leaving ??= leave(received.ended);
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const batches = received.take();
      yield* batches;
      if (batches.length > 0) continue;
      if (received.hasEnded()) return received.throwFailure();
      await received.more();
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
    await leaving;
  }
}

/** The rows of all batches, one by one. */
export async function* eachRow<T>(batches: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const batch of batches) yield* batch;
}

/**
 * A `leave` for connections that nobody else needs. It frees the connection's place in the pool at once, because other queries may need one to
 * be ended. It does not wait for the database, which may not answer; without its connection, the query ends by itself later.
 */
export async function endQuery(pool: Pool, connection: PoolConnection): Promise<void> {
  const { threadId } = connection;
  connection.destroy();
  pool.query(`KILL QUERY ${threadId}`).catch(() => {});
}

interface Received {
  readonly ended: Promise<void>;
  hasEnded(): boolean;
  take(): readonly RowBatch[];
  /** Waits for a batch, the end, or `discard`. */
  more(): Promise<void>;
  throwFailure(): void;
  /** Drops everything that arrives from now on. */
  discard(): void;
}

function receive(connection: CallbackConnection, options: RowStreamOptions): Received {
  const { sql, values = [], prepared = false, onOk = () => {} } = options;
  let batches: RowBatch[] = [];
  let fields: readonly FieldPacket[] = [];
  let size = 0;
  let discarding = false;
  let failure: unknown;
  let isOver = false;
  let wake = () => {};
  const ended = Promise.withResolvers<void>();

  const end = (error?: unknown) => {
    failure ??= error;
    isOver = true;
    ended.resolve();
    wake();
  };
  // Only the connection itself reports that it was lost; its command is not told.
  connection.on('error', end);
  const statement = { sql, values: [...values], rowsAsArray: true };
  const command = prepared ? connection.execute(statement) : connection.query({ ...statement, typeCast: asWritten });
  command
    .on('fields', (found: readonly FieldPacket[] | undefined) => {
      if (found === undefined || discarding) return;
      fields = found;
      batches.push({ fields, rows: [] });
      wake();
    })
    .on('result', (row: unknown) => {
      if (!Array.isArray(row)) return onOk(row as OkHeader);
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
    ended: ended.promise,
    hasEnded: () => isOver,
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
        if (isOver || discarding || batches.length > 0) resolve();
      }),
    throwFailure() {
      if (failure !== undefined) throw databaseError(failure);
    },
    discard() {
      discarding = true;
      batches = [];
      connection.resume();
      wake();
    },
  };
}

function sizeOf(row: readonly unknown[]): number {
  let size = 0;
  for (const value of row) size += typeof value === 'string' || Buffer.isBuffer(value) ? value.length : 8;
  return size;
}
