import type { RowDataPacket } from 'mysql2/promise';
import type { SelectionPlace } from './selections.ts';
import { tablesOf } from './tables.ts';
import { isoTime } from './times.ts';

/** What a step over rows took, once all of its partitions are done. */
export interface RunTimings {
  /** From the selection of the rows to the end of the last partition. */
  readonly seconds: number;
  /** Seconds beside the rows: processes or pods start, each loads the model once. */
  readonly startSeconds: number;
  readonly rows: number;
  readonly partitions: number;
  /** Maximum number of workers that ran at the same time, each with a partition. */
  readonly atOnce: number;
  /** Milliseconds of a row, as the next two: reading and decoding its files. */
  readonly decodeMs: number;
  readonly inferMs: number;
  /** In its partition, whose rows overlap: less than the sum of the others. */
  readonly totalMs: number;
  /** Bytes of the largest worker. */
  readonly peakMemory: number;
  /** `cpu`, `cpu, 2 threads` or `cuda` */
  readonly device: string;
  /** Rows that the model took at once. */
  readonly batch: number;
  /** SHA-256 of the file of the model. */
  readonly digest: string;
}

/** Columns of a partition that `timingsOf` reads. */
export const timedColumns = `partition_no, state, first_row, last_row, done_rows, attempt, decode_ms, infer_ms, process_ms, peak_memory, device, batch,
  digest, worker_no, started_at, finished_at`;

/** @returns null if a partition is not done or was started more than once: then it does not tell what the step takes */
export function timingsOf(selectedAt: string, partitions: readonly RowDataPacket[]): RunTimings | null {
  const worked = partitions.filter(({ done_rows }) => Number(done_rows) > 0);
  const [one] = worked;
  const isWhole = partitions.every(({ state, attempt }) => state === 'done' && attempt === 1);
  if (one === undefined || !isWhole || worked.some(({ process_ms, digest }) => process_ms === null || digest === null))
    return null;
  const sum = (column: string) => worked.reduce((total, row) => total + Number(row[column]), 0);
  const most = (column: string) => worked.reduce((high, row) => Math.max(high, Number(row[column])), 0);
  const rows = sum('done_rows');
  const spans = workerSpans(worked);
  const atOnce = overlap(spans);
  const seconds = (Math.max(...spans.map(([, end]) => end)) - millis(selectedAt)) / 1000;
  const totalMs = sum('process_ms') / rows;
  const startSeconds = Math.max(0, seconds - (Math.ceil(rows / atOnce) * totalMs) / 1000);
  return {
    seconds,
    startSeconds,
    rows,
    partitions: worked.length,
    atOnce,
    decodeMs: sum('decode_ms') / rows,
    inferMs: sum('infer_ms') / rows,
    totalMs,
    peakMemory: most('peak_memory'),
    device: one.device,
    batch: most('batch'),
    digest: one.digest,
  };
}

/** From when to when each worker had partitions. It draws the next one before it has closed the last. */
function workerSpans(worked: readonly RowDataPacket[]): readonly (readonly [number, number])[] {
  const byWorker = Map.groupBy(worked, ({ worker_no, partition_no }) => worker_no ?? `partition ${partition_no}`);
  return [...byWorker.values()].map((own) => [
    Math.min(...own.map(({ started_at }) => millis(started_at))),
    Math.max(...own.map(({ finished_at }) => millis(finished_at))),
  ]);
}

/** The largest number of spans of time that have a moment in common. */
function overlap(spans: readonly (readonly [number, number])[]): number {
  const changes = spans.flatMap(([start, end]) => [
    { at: start, by: 1 },
    { at: end, by: -1 },
  ]);
  // Of changes at the same time, ends come first.
  changes.sort((one, other) => one.at - other.at || one.by - other.by);
  let [now, most] = [0, 1];
  for (const { by } of changes) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}

function millis(time: string): number {
  return Date.parse(isoTime(time));
}

/** What the step of a selection took. */
export async function readRunTimings({ pool, schema, names }: SelectionPlace): Promise<RunTimings | null> {
  const table = tablesOf(schema);
  const [selections] = await pool.query<RowDataPacket[]>(
    `SELECT created_at FROM ${table('selections')} WHERE selection_id = ?`,
    [names.id],
  );
  const [partitions] = await pool.query<RowDataPacket[]>(
    `SELECT ${timedColumns} FROM ${table('partitions')} WHERE selection_id = ?`,
    [names.id],
  );
  return selections[0] === undefined ? null : timingsOf(selections[0].created_at, partitions);
}
