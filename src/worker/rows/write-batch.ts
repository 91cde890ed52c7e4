import type { PoolConnection } from 'mysql2/promise';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { transaction, withReconnect } from '../../datasource/pool.ts';
import { type BatchCounts, countBatch, lockPartition, type TakenPartition } from '../../ledger/partitions.ts';
import { hasOutcome, type RowOutcome, recordOutcomes } from '../../ledger/row-outcomes.ts';
import { detectionColumns, hiddenColumns } from '../../task.ts';
import type { WorkerContext } from '../context.ts';
import type { DetectedImage, ImageResult } from '../programs/yolo/detector.ts';
import { copyMode } from './copy-mode.ts';

export interface DoneRow {
  readonly row: string;
  readonly result: ImageResult;
}

/**
 * One transaction: the partition's counters (refused for a worker that no longer holds it), a ledger row per input row, and the
 * result rows. After a lost connection nobody knows whether a commit took place; the ledger does.
 * @param lastWriteMs what the batch before took, for the counters
 * @returns ms that writing took
 */
export async function writeBatch(
  context: WorkerContext,
  taken: TakenPartition,
  columns: readonly string[],
  rows: readonly DoneRow[],
  lastWriteMs: number,
): Promise<number> {
  const started = performance.now();
  let tried = false;
  const write = async (connection: PoolConnection) => {
    if (tried && (await isWritten(connection, context, taken, rows))) return;
    tried = true;
    await countBatch(connection, context, taken, countsOf(rows, lastWriteMs));
    await recordOutcomes(connection, context, taken.partitionNo, rows.map(outcomeOf));
    await connection.query(copyMode);
    await insertDetections(connection, context, columns, rows);
  };
  await withReconnect(() => transaction(context.pool, write), { signal: context.signal });
  const writeMs = Math.round(performance.now() - started);
  context.log.info({ partition: taken.partitionNo, rows: rows.length, writeMs }, 'batch written');
  return writeMs;
}

/** Under the partition's lock: the commit that was lost sight of may still be under way. */
async function isWritten(
  connection: PoolConnection,
  context: WorkerContext,
  taken: TakenPartition,
  rows: readonly DoneRow[],
): Promise<boolean> {
  await lockPartition(connection, context, taken);
  return hasOutcome(connection, context, rows[0]?.row);
}

function countsOf(rows: readonly DoneRow[], writeMs: number): BatchCounts {
  const detected = rows.flatMap(({ result }) => ('error' in result ? [] : [result]));
  const sum = (of: (result: DetectedImage) => number) => detected.reduce((total, result) => total + of(result), 0);
  return {
    rows: rows.length,
    failed: rows.length - detected.length,
    detections: sum(({ detections }) => detections.length),
    decodeMs: Math.round(sum(({ timings }) => timings.decodeMs)),
    inferMs: Math.round(sum(({ timings }) => timings.inferMs)),
    writeMs,
  };
}

function outcomeOf({ row, result }: DoneRow): RowOutcome {
  return 'error' in result
    ? { row, detections: 0, error: result.error }
    : { row, detections: result.detections.length, error: null };
}

/** About a megabyte of JSON: the least `max_allowed_packet` in use is 16. */
const detectionsPerInsert = 10_000;

/** The selected columns go from table to table inside the server, so their values pass through no type of ours. */
async function insertDetections(
  connection: PoolConnection,
  { task, names }: WorkerContext,
  columns: readonly string[],
  rows: readonly DoneRow[],
): Promise<void> {
  const detections = rows.flatMap(({ row, result }) => detectionsOf(row, result));
  const target = task.writeMode === 'append' ? task.into : names.staging;
  const selected = columns.map(quoteName);
  const row = quoteName(hiddenColumns.row);
  const insert = `INSERT INTO ${quoteTable(target)}
       (${[quoteName(hiddenColumns.selection), row, ...selected, ...detectionColumns].join(', ')})
     SELECT ${['?', `s.${row}`, ...selected.map((name) => `s.${name}`), ...detectionColumns.map((name) => `d.${name}`)].join(', ')}
     FROM JSON_TABLE(?, '$[*]' COLUMNS (
       row_id BIGINT UNSIGNED PATH '$[0]', detection_no INT UNSIGNED PATH '$[1]', class_id INT UNSIGNED PATH '$[2]',
       class_name VARCHAR(255) PATH '$[3]', score DOUBLE PATH '$[4]',
       x1 DOUBLE PATH '$[5]', y1 DOUBLE PATH '$[6]', x2 DOUBLE PATH '$[7]', y2 DOUBLE PATH '$[8]'
     )) AS d
     STRAIGHT_JOIN ${quoteTable(names.selection)} AS s ON s.${row} = d.row_id`;
  for (let from = 0; from < detections.length; from += detectionsPerInsert) {
    await connection.query(insert, [names.id, JSON.stringify(detections.slice(from, from + detectionsPerInsert))]);
  }
}

function detectionsOf(row: string, result: ImageResult): readonly (readonly (string | number)[])[] {
  if ('error' in result) return [];
  return result.detections.map((box, index) => [
    row,
    index + 1,
    box.classId,
    box.className,
    rounded(box.score, 6),
    rounded(box.x1, 3),
    rounded(box.y1, 3),
    rounded(box.x2, 3),
    rounded(box.y2, 3),
  ]);
}

/** A model's float32 has about seven digits; the rest would be noise in the table. */
function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
