import type { RowDataPacket } from 'mysql2/promise';
import { tablesOf } from './tables.ts';
import type { TrialPlace } from './trials.ts';

/** Seconds of a unit that do not train the model. */
export interface UnitParts {
  /** Reading the rows of the shard; 0: the trainer had them. */
  readonly rows: number;
  /** Reading the model's state. */
  readonly load: number;
  /** Computing the digests of both states. */
  readonly hash: number;
  /** Writing the state. */
  readonly save: number;
}

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
  /** From the claim to the commit, without both. */
  readonly seconds: number;
  /** Null: the trial ran whole. */
  readonly parts: UnitParts | null;
  readonly claimSeconds: number;
  readonly commitSeconds: number;
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
    parts:
      row.load_seconds === null
        ? null
        : { rows: row.rows_seconds, load: row.load_seconds, hash: row.hash_seconds, save: row.save_seconds },
    claimSeconds: row.claim_seconds ?? 0,
    commitSeconds: row.commit_seconds ?? 0,
    trainLoss: row.train_loss,
    loss: row.loss,
    metrics: row.metrics === null ? null : JSON.parse(row.metrics),
  }));
}

/** Part of the units' time that goes to hopping: claiming, reading, hashing and writing states, committing. @returns null without units */
export function hopShare(visits: readonly Visit[]): number | null {
  const sum = (of: (visit: Visit) => number) => visits.reduce((total, visit) => total + of(visit), 0);
  const around = sum(({ claimSeconds, commitSeconds }) => claimSeconds + commitSeconds);
  const inside = sum(({ parts }) => (parts === null ? 0 : parts.load + parts.hash + parts.save));
  const all = around + sum(({ seconds }) => seconds);
  return all === 0 ? null : (around + inside) / all;
}
