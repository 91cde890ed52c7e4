import type { Pool, RowDataPacket } from 'mysql2/promise';
import { tablesOf } from './tables.ts';
import { isoTime } from './times.ts';

/** When a partition was processed. */
export interface PartitionTime {
  readonly number: number;
  /** Number of processed rows. */
  readonly done: number;
  readonly startedAt: string;
  /** null: it is not done */
  readonly finishedAt: string | null;
}

/** Partitions of a step that workers have started, in the order of their start. */
export async function readPartitionTimes(
  pool: Pool,
  schema: string,
  { statement, step }: { readonly statement: string; readonly step: string },
): Promise<readonly PartitionTime[]> {
  const table = tablesOf(schema);
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT p.partition_no, p.done_rows, p.started_at, p.finished_at
     FROM ${table('selections')} AS s JOIN ${table('partitions')} AS p ON p.selection_id = s.selection_id
     WHERE s.statement_id = ? AND s.step = ? AND p.started_at IS NOT NULL ORDER BY p.started_at, p.partition_no`,
    [statement, step],
  );
  return rows.map(({ partition_no, done_rows, started_at, finished_at }) => ({
    number: partition_no,
    done: Number(done_rows),
    startedAt: isoTime(started_at),
    finishedAt: finished_at === null ? null : isoTime(finished_at),
  }));
}
