import type { Pool, RowDataPacket } from 'mysql2/promise';
import type { StepStatus } from './statement-status.ts';
import { tablesOf } from './tables.ts';

/** How often statements were taken over after their server died. A statement that kills servers must not kill all of them. */
export interface Adoptions {
  /** Number of takeovers since the statement last made progress. */
  count(id: string, steps: readonly StepStatus[]): Promise<number>;
  /** Records a takeover. Called before anything else is done with the statement. */
  add(id: string, steps: readonly StepStatus[]): Promise<void>;
  /** Forgets the takeovers of statements whose server hands them over properly. */
  forget(ids: readonly string[]): Promise<void>;
}

export function openAdoptions(pool: Pool, schema: string): Adoptions {
  const table = tablesOf(schema)('adoptions');
  return {
    async count(id, steps) {
      const [[row]] = await pool.query<RowDataPacket[]>(
        `SELECT adoptions AS n FROM ${table} WHERE statement_id = ? AND progress = ?`,
        [id, progressOf(steps)],
      );
      return Number(row?.n ?? 0);
    },

    async add(id, steps) {
      const progress = progressOf(steps);
      await pool.query(
        `INSERT INTO ${table} (statement_id, adoptions, progress) VALUES (?, 1, ?)
         ON DUPLICATE KEY UPDATE adoptions = IF(progress = VALUES(progress), adoptions, 0) + 1, progress = VALUES(progress)`,
        [id, progress],
      );
    },

    async forget(ids) {
      if (ids.length === 0) return;
      await pool.query(`DELETE FROM ${table} WHERE statement_id IN (?)`, [ids]);
    },
  };
}

/** Grows with every completed step and row. */
function progressOf(steps: readonly StepStatus[]): number {
  const done = steps.filter(({ state, rows }) => state === 'succeeded' || rows !== null).length;
  const rows = steps.flatMap(({ partitions }) => partitions.map((partition) => partition.done));
  return rows.reduce((sum, number) => sum + number, done);
}
