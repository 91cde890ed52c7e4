import type { Pool, RowDataPacket } from 'mysql2/promise';
import { tablesOf } from './tables.ts';

/** What the progress of a step without partitions is counted in. */
export type ProgressUnit = 'package' | 'row' | 'epoch' | 'round' | 'unit';

export interface StepProgress {
  readonly unit: ProgressUnit;
  readonly done: number;
  /** null: not known. */
  readonly total: number | null;
  /** The latest metrics by name; empty: there are none yet. */
  readonly metrics: Readonly<Record<string, number | null>>;
}

/** Stores how far a step is. */
export async function writeProgress(
  pool: Pool,
  schema: string,
  { statement, step }: { readonly statement: string; readonly step: string },
  { unit, done, total, metrics }: StepProgress,
): Promise<void> {
  await pool.query(
    `INSERT INTO ${tablesOf(schema)('step_progress')} (statement_id, step, unit, done, total, metrics) VALUES (?, ?, ?, ?, ?, ?)
     ON DUPLICATE KEY UPDATE unit = VALUES(unit), done = VALUES(done), total = VALUES(total), metrics = VALUES(metrics),
       touched_at = NOW(6)`,
    [statement, step, unit, done, total, JSON.stringify(metrics)],
  );
}

/** The parts of a row of `step_progress`. @returns undefined if the step has none */
export function progressOf(row: RowDataPacket): StepProgress | undefined {
  if (row.unit === null) return undefined;
  const total = row.total === null ? null : Number(row.total);
  return { unit: row.unit, done: Number(row.done), total, metrics: JSON.parse(row.metrics ?? '{}') };
}
