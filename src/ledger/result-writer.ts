import type { Pool, RowDataPacket } from 'mysql2/promise';
import { type ResultColumn, sentValues } from '../datasource/column-types.ts';
import { transaction, withReconnect } from '../datasource/pool.ts';
import type { StoredResult } from './results.ts';
import { tablesOf } from './tables.ts';

export interface ResultTarget {
  /** Connections other than that of the session that runs the statement, which may be in a transaction. */
  readonly pool: Pool;
  readonly schema: string;
  readonly statement: string;
  readonly step: string;
  /** Maximum bytes of JSON to store. */
  readonly resultBytes: number;
  /** Called with the number of bytes stored. */
  readonly onKept?: (bytes: number) => void;
}

export interface ResultWriter {
  /** Starts a new result set, which replaces the previous one. */
  begin(columns: readonly ResultColumn[]): void;
  /** @returns false if not all of these rows are stored; then no later rows are stored either */
  add(rows: readonly unknown[][]): Promise<boolean>;
  /** Makes the result visible. @returns null if there is none */
  end(): Promise<StoredResult | null>;
}

/** Maximum bytes of JSON in a piece, unless a single row is longer. */
const pieceBytes = 256 * 1024;

/** Bytes of JSON up to which a row certainly fits into a packet: every server allows at least 16 MiB. */
const smallRow = 4 * 1024 * 1024;

/** Bytes reserved for the rest of an INSERT. */
const packetRest = 1024;

interface Kept {
  readonly columns: readonly ResultColumn[];
  readonly sent: (row: unknown[]) => readonly unknown[];
  rows: number;
  bytes: number;
  truncated: boolean;
  /** JSON of the rows that are not yet in a piece. */
  pending: string[];
  pendingBytes: number;
}

/** @param signal an abort ends waiting for an unreachable database */
export function resultWriter(
  { pool, schema, statement, step, resultBytes, onKept }: ResultTarget,
  signal: AbortSignal,
): ResultWriter {
  const results = tablesOf(schema)('results');
  const pieces = tablesOf(schema)('result_rows');
  const sizes = tablesOf(schema)('result_sizes');
  const patience = { signal };
  let kept: Kept | null = null;
  /** Whether the pieces of an earlier result have been deleted. */
  let isCleared = false;
  let packetBytes: number | undefined;

  async function fits(bytes: number, { bytes: before }: Kept): Promise<boolean> {
    if (before + bytes > resultBytes) return false;
    if (bytes <= smallRow) return true;
    packetBytes ??= await readPacketBytes(pool);
    return bytes + packetRest <= packetBytes;
  }

  async function clear(connection: Pick<Pool, 'query'>): Promise<void> {
    if (isCleared) return;
    await connection.query(`DELETE FROM ${pieces} WHERE statement_id = ? AND step = ?`, [statement, step]);
  }

  // Executed as a prepared statement, whose values need no escaping: escaping 60 MB would block the event loop.
  async function writePiece(connection: Pick<Pool, 'execute'>, { rows, pending }: Kept): Promise<void> {
    if (pending.length === 0) return;
    await connection.execute(
      `REPLACE INTO ${pieces} (statement_id, step, first_row, row_count, \`rows\`) VALUES (?, ?, ?, ?, ?)`,
      [statement, step, rows - pending.length, pending.length, `[${pending.join(',')}]`],
    );
  }

  async function flush(kept: Kept): Promise<void> {
    await withReconnect(async () => {
      await clear(pool);
      await writePiece(pool, kept);
    }, patience);
    isCleared = true;
    kept.pending = [];
    kept.pendingBytes = 0;
  }

  /** @returns false if the row is not stored */
  async function addRow(kept: Kept, row: unknown[]): Promise<boolean> {
    const json = JSON.stringify(kept.sent(row));
    const bytes = Buffer.byteLength(json) + 1;
    if (!(await fits(bytes, kept))) return false;
    if (kept.pendingBytes + bytes > pieceBytes && kept.pending.length > 0) await flush(kept);
    kept.pending.push(json);
    kept.pendingBytes += bytes;
    kept.bytes += bytes;
    kept.rows++;
    return true;
  }

  return {
    begin(columns) {
      const sent = sentValues(columns);
      kept = { columns, sent, rows: 0, bytes: 0, truncated: false, pending: [], pendingBytes: 0 };
      isCleared = false;
    },

    async add(rows) {
      for (const row of rows) {
        if (kept === null || kept.truncated) return false;
        kept.truncated = !(await addRow(kept, row));
      }
      return !kept?.truncated;
    },

    async end() {
      if (kept === null) return null;
      const { columns, rows, truncated, bytes } = kept;
      const write = () =>
        transaction(pool, async (connection) => {
          await clear(connection);
          await writePiece(connection, kept!);
          await connection.query(
            `REPLACE INTO ${results} (statement_id, step, columns, row_count, truncated) VALUES (?, ?, ?, ?, ?)`,
            [statement, step, JSON.stringify(columns), rows, truncated],
          );
          await connection.query(`REPLACE INTO ${sizes} (statement_id, step, bytes) VALUES (?, ?, ?)`, [
            statement,
            step,
            bytes,
          ]);
        });
      await withReconnect(write, patience);
      onKept?.(bytes);
      return { step, columns, rows, truncated };
    },
  };
}

async function readPacketBytes(pool: Pool): Promise<number> {
  const [[row]] = await pool.query<RowDataPacket[]>('SELECT @@max_allowed_packet AS bytes');
  return Number(row?.bytes);
}
