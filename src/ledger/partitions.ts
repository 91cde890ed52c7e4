import type { PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { transaction } from '../datasource/pool.ts';
import { MillraceError } from '../errors.ts';
import type { SelectionPlace } from './selections.ts';
import { tablesOf } from './tables.ts';

export interface TakenPartition {
  readonly partitionNo: number;
  /** Incremented each time a process draws the partition. Only writes of the last one are accepted. */
  readonly attempt: number;
  readonly firstRow: string;
  readonly lastRow: string;
  /** Whether the ledger lacks some of its rows. */
  readonly hasRowsLeft: boolean;
}

/** A worker of a step, of which several share the partitions: one pod, or one process, after the other under the same number. */
export interface Drawer {
  readonly worker: number;
  /** Numbers of partitions that it shall not take over: it has them open, or has lost them. */
  readonly except: readonly number[];
  /** Whether partitions of the worker may be open without this process knowing: it has just started, or an answer was lost. */
  readonly isResuming: boolean;
}

/** Time after which a partition may be drawn again whose worker no longer renews its lease: several renewals may fail. */
const leaseSeconds = 60;

/** Interval at which a worker renews the leases of its open partitions. */
export const renewalMs = 15_000;

/**
 * Draws the next partition for this process: first one that an earlier process of the same worker left open, then one that nobody has
 * begun, and in the end one whose worker has fallen silent. The previous process can no longer write it.
 * @returns null if there is none: the others are done, or in the hands of other workers, whose engine restarts them
 */
export function drawPartition(place: SelectionPlace, drawer: Drawer): Promise<TakenPartition | null> {
  return transaction(place.pool, async (connection) => {
    const own = () =>
      findOpen(connection, place, drawer, { condition: 'worker_no = ?', values: [drawer.worker], lock: '' });
    const found =
      (drawer.isResuming ? await own() : null) ??
      (await findFirst(connection, place, { condition: isPending, values: [], lock: skipLocked })) ??
      (await own()) ??
      (await findOpen(connection, place, drawer, { condition: isSilent, values: [], lock: skipLocked })) ??
      (await findFirst(connection, place, { condition: isPending, values: [], lock: 'FOR UPDATE' }));
    return found === null ? null : take(connection, place, found, drawer.worker);
  });
}

/** By the database's clock, as the lease itself. */
const isSilent = `(leased_at IS NULL OR leased_at < NOW(6) - INTERVAL ${leaseSeconds} SECOND)`;
const isPending = `state = 'pending'`;

/**
 * Others are drawing these. What is left in the end is looked for once more without this: the server may not have noticed yet that a process
 * died, whose transaction still has locks.
 */
const skipLocked = 'FOR UPDATE SKIP LOCKED';

interface Wanted {
  readonly condition: string;
  readonly values: readonly unknown[];
  readonly lock: '' | 'FOR UPDATE' | typeof skipLocked;
}

function findOpen(
  connection: PoolConnection,
  place: SelectionPlace,
  { except }: Drawer,
  { condition, values, lock }: Wanted,
): Promise<number | null> {
  const open = `state = 'running' AND ${condition}`;
  if (except.length === 0) return findFirst(connection, place, { condition: open, values, lock });
  const others = `${open} AND partition_no NOT IN (?)`;
  return findFirst(connection, place, { condition: others, values: [...values, except], lock });
}

async function findFirst(
  connection: PoolConnection,
  { schema, names }: SelectionPlace,
  { condition, values, lock }: Wanted,
): Promise<number | null> {
  const [found] = await connection.query<RowDataPacket[]>(
    `SELECT partition_no FROM ${tablesOf(schema)('partitions')} FORCE INDEX (drawn) WHERE selection_id = ? AND ${condition}
     ORDER BY partition_no LIMIT 1 ${lock}`,
    [names.id, ...values],
  );
  return found[0]?.partition_no ?? null;
}

async function take(
  connection: PoolConnection,
  { schema, names }: SelectionPlace,
  partitionNo: number,
  worker: number,
): Promise<TakenPartition> {
  const partitions = tablesOf(schema)('partitions');
  const key = [names.id, partitionNo];
  await connection.query(
    `UPDATE ${partitions} SET attempt = attempt + 1, state = 'running', worker_no = ?, leased_at = NOW(6),
       started_at = COALESCE(started_at, NOW(6))
     WHERE selection_id = ? AND partition_no = ?`,
    [worker, ...key],
  );
  const [[row]] = await connection.query<RowDataPacket[]>(
    `SELECT attempt, first_row, last_row, first_row + done_rows <= last_row AS is_left
     FROM ${partitions} WHERE selection_id = ? AND partition_no = ?`,
    key,
  );
  const { attempt, first_row, last_row, is_left } = row!;
  return {
    partitionNo,
    attempt,
    firstRow: String(first_row),
    lastRow: String(last_row),
    hasRowsLeft: Number(is_left) === 1,
  };
}

/** Renews the leases of open partitions, unless others have taken them over. */
export async function renewLeases(
  { pool, schema, names }: SelectionPlace,
  open: readonly TakenPartition[],
): Promise<void> {
  if (open.length === 0) return;
  await pool.query(
    `UPDATE ${tablesOf(schema)('partitions')} SET leased_at = NOW(6)
     WHERE selection_id = ? AND state = 'running' AND (partition_no, attempt) IN (?)`,
    [names.id, open.map(({ partitionNo, attempt }) => [partitionNo, attempt])],
  );
}

/** Whether another process of the same worker has taken the partition over, and so replaces this one. */
export async function isReplaced(
  { pool, schema, names }: SelectionPlace,
  { partitionNo }: TakenPartition,
  worker: number,
): Promise<boolean> {
  const [found] = await pool.query<RowDataPacket[]>(
    `SELECT 1 FROM ${tablesOf(schema)('partitions')} WHERE selection_id = ? AND partition_no = ? AND worker_no = ?`,
    [names.id, partitionNo, worker],
  );
  return found.length > 0;
}

/** Returns partitions with rows left to the pending ones. For `prepare`, beside which no worker runs. */
export async function releasePartitions({ pool, schema, names }: SelectionPlace): Promise<void> {
  await pool.query(
    `UPDATE ${tablesOf(schema)('partitions')} SET state = 'pending'
     WHERE selection_id = ? AND (state = 'running' OR (state = 'done' AND first_row + done_rows <= last_row))`,
    [names.id],
  );
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

/** Number of processed rows in the partitions that a worker was the last to draw. */
export async function rowsDoneBy({ pool, schema, names }: SelectionPlace, worker: number): Promise<number> {
  const [[row]] = await pool.query<RowDataPacket[]>(
    `SELECT SUM(done_rows) AS done FROM ${tablesOf(schema)('partitions')} WHERE selection_id = ? AND worker_no = ?`,
    [names.id, worker],
  );
  return Number(row?.done ?? 0);
}
