import type { PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { transaction } from '../datasource/pool.ts';
import { MillraceError } from '../errors.ts';
import type { SelectionPlace } from './selections.ts';
import { tablesOf } from './tables.ts';

export interface TakenPartition {
  readonly partitionNo: number;
  /** Incremented each time a worker takes the partition. Only writes of the last worker are accepted. */
  readonly attempt: number;
  readonly firstRow: string;
  readonly lastRow: string;
  /** Whether the ledger lacks some of its rows. */
  readonly hasRowsLeft: boolean;
}

/** Takes the partition for this process, so that its previous worker can no longer write. @returns null if it has no rows */
export function takePartition(
  { pool, schema, names }: SelectionPlace,
  partitionNo: number,
): Promise<TakenPartition | null> {
  const partitions = tablesOf(schema)('partitions');
  const key = [names.id, partitionNo];
  return transaction(pool, async (connection) => {
    await connection.query(
      `UPDATE ${partitions} SET attempt = attempt + 1, state = 'running', started_at = COALESCE(started_at, NOW(6))
       WHERE selection_id = ? AND partition_no = ?`,
      key,
    );
    const [found] = await connection.query<RowDataPacket[]>(
      `SELECT attempt, first_row, last_row, first_row + done_rows <= last_row AS is_left
       FROM ${partitions} WHERE selection_id = ? AND partition_no = ?`,
      key,
    );
    const [row] = found;
    if (row === undefined) return null;
    const { attempt, first_row: first, last_row: last, is_left } = row;
    return { partitionNo, attempt, firstRow: String(first), lastRow: String(last), hasRowsLeft: Number(is_left) === 1 };
  });
}

/** Locks the partition until the end of the transaction. */
export async function lockPartition(
  connection: PoolConnection,
  { schema, names }: SelectionPlace,
  { partitionNo }: TakenPartition,
): Promise<void> {
  await connection.query(
    `SELECT 1 FROM ${tablesOf(schema)('partitions')} WHERE selection_id = ? AND partition_no = ? FOR UPDATE`,
    [names.id, partitionNo],
  );
}

/** Amounts that a batch of rows adds to its partition's counters. */
export interface BatchCounts {
  readonly rows: number;
  readonly failed: number;
  readonly outputs: number;
  readonly decodeMs: number;
  readonly inferMs: number;
  readonly writeMs: number;
}

/** @throws {MillraceError} PARTITION_TAKEN */
export async function countBatch(
  connection: PoolConnection,
  { schema, names }: SelectionPlace,
  { partitionNo, attempt }: TakenPartition,
  { rows, failed, outputs, decodeMs, inferMs, writeMs }: BatchCounts,
): Promise<void> {
  const [updated] = await connection.query<ResultSetHeader>(
    `UPDATE ${tablesOf(schema)('partitions')}
     SET done_rows = done_rows + ?, failed_rows = failed_rows + ?, outputs = outputs + ?,
         decode_ms = decode_ms + ?, infer_ms = infer_ms + ?, write_ms = write_ms + ?, heartbeat_at = NOW(6)
     WHERE selection_id = ? AND partition_no = ? AND attempt = ?`,
    [rows, failed, outputs, decodeMs, inferMs, writeMs, names.id, partitionNo, attempt],
  );
  if (updated.affectedRows !== 1) throw takenOver(partitionNo);
}

/** @throws {MillraceError} PARTITION_TAKEN */
export async function requireTaken(
  connection: PoolConnection,
  { schema, names }: SelectionPlace,
  { partitionNo, attempt }: TakenPartition,
): Promise<void> {
  const [found] = await connection.query<RowDataPacket[]>(
    `SELECT 1 FROM ${tablesOf(schema)('partitions')} WHERE selection_id = ? AND partition_no = ? AND attempt = ?`,
    [names.id, partitionNo, attempt],
  );
  if (found.length === 0) throw takenOver(partitionNo);
}

function takenOver(partitionNo: number): MillraceError {
  return new MillraceError('PARTITION_TAKEN', `partition ${partitionNo} was taken over by another worker`);
}

/** What a worker took for its partition, and with what. */
export interface PartitionUsage {
  readonly processMs: number;
  /** Bytes. */
  readonly peakMemory: number;
  readonly device: string;
  readonly batch: number;
  /** SHA-256 of the file of the model. */
  readonly digest: string;
}

/** Marks the partition as done. Does nothing if another worker has taken it over. @param usage null: it had no rows left */
export async function closePartition(
  { pool, schema, names }: SelectionPlace,
  { partitionNo, attempt }: TakenPartition,
  usage: PartitionUsage | null,
): Promise<void> {
  const { processMs = null, peakMemory = null, device = null, batch = null, digest = null } = usage ?? {};
  await transaction(pool, (connection) =>
    connection.query(
      `UPDATE ${tablesOf(schema)('partitions')} SET state = 'done', finished_at = NOW(6), process_ms = ?, peak_memory = ?, device = ?,
         batch = ?, digest = ?
       WHERE selection_id = ? AND partition_no = ? AND attempt = ?`,
      [processMs, peakMemory, device, batch, digest, names.id, partitionNo, attempt],
    ),
  );
}

/** Numbers of the partitions that have rows left. None once the result is published. */
export async function missingPartitions({ pool, schema, names }: SelectionPlace): Promise<readonly number[]> {
  const table = tablesOf(schema);
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT p.partition_no FROM ${table('partitions')} AS p
     JOIN ${table('selections')} AS s ON s.selection_id = p.selection_id AND s.state = 'ready' AND s.row_count > 0
     WHERE p.selection_id = ? AND p.first_row <= p.last_row
     AND (p.state <> 'done' OR p.done_rows < p.last_row + 1 - p.first_row) ORDER BY p.partition_no`,
    [names.id],
  );
  return rows.map(({ partition_no }) => partition_no);
}
