import type { RowDataPacket } from 'mysql2/promise';
import { tablesOf } from './tables.ts';
import type { TrialPlace } from './trials.ts';

/** A visit of a model to a shard, as it was committed. */
export interface Visit {
  readonly trial: number;
  readonly unit: number;
  readonly epoch: number;
  readonly shard: number;
  readonly worker: number;
  readonly attempt: number;
  readonly digestIn: string | null;
  readonly digestOut: string;
  readonly seconds: number;
  readonly trainLoss: number | null;
  /** Of the search's metric, after the last shard of an epoch. */
  readonly loss: number | null;
  readonly metrics: Readonly<Record<string, number | null>> | null;
}

/** In the order of the models' visits. */
export async function readVisits(place: TrialPlace): Promise<readonly Visit[]> {
  const [rows] = await place.pool.query<RowDataPacket[]>(
    `SELECT * FROM ${tablesOf(place.schema)('trial_units')} WHERE statement_id = ? AND step = ? ORDER BY trial_no, unit_no`,
    [place.statement, place.step],
  );
  return rows.map((row) => ({
    trial: row.trial_no,
    unit: row.unit_no,
    epoch: row.epoch,
    shard: row.shard,
    worker: row.worker_no,
    attempt: row.attempt,
    digestIn: row.digest_in,
    digestOut: row.digest_out,
    seconds: row.seconds,
    trainLoss: row.train_loss,
    loss: row.loss,
    metrics: row.metrics === null ? null : JSON.parse(row.metrics),
  }));
}
