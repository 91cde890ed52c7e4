import type { RowDataPacket } from 'mysql2/promise';
import { tablesOf } from './tables.ts';
import type { TrialPlace } from './trials.ts';

export interface SearchProgress {
  readonly trials: number;
  readonly open: number;
  readonly unitsDone: number;
  /** Of the trials so far. */
  readonly unitsDue: number;
  readonly bestLoss: number | null;
}

export async function searchProgress(place: TrialPlace): Promise<SearchProgress> {
  const [[row]] = await place.pool.query<RowDataPacket[]>(
    `SELECT COUNT(*) AS trials, COALESCE(SUM(state = 'open'), 0) AS open, COALESCE(SUM(units_done), 0) AS done,
       COALESCE(SUM(IF(state = 'failed', units_done, units_due)), 0) AS due, MIN(loss) AS best
     FROM ${tablesOf(place.schema)('trials')} WHERE statement_id = ? AND step = ?`,
    [place.statement, place.step],
  );
  return {
    trials: Number(row!.trials),
    open: Number(row!.open),
    unitsDone: Number(row!.done),
    unitsDue: Number(row!.due),
    bestLoss: row!.best,
  };
}
