import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { tablesOf } from './tables.ts';
import { type Claim, endTrial, keyOf, type NewTrial, type TrialPlace, whereTrial } from './trials.ts';

/** A worker has the model, and trains it on a shard. Nobody else can, until the lease has run out. */
export interface ClaimedUnit extends Claim {
  readonly estimator: string;
  readonly parameters: NewTrial['parameters'];
  /** From 0. */
  readonly epoch: number;
  readonly shard: number;
  /** Place in the order of the model's visits, from 0. */
  readonly unit: number;
  /** Whether the model has then seen all shards. */
  readonly endsEpoch: boolean;
  /** The model's state; null: it starts here. */
  readonly checkpoint: string | null;
  /** Claims for this unit, from 1. */
  readonly attempt: number;
}

export interface Claimer {
  readonly worker: number;
  readonly shards: number;
  /** Shards that it holds in memory. It takes another only if no model needs these. */
  readonly own: readonly number[];
  readonly leaseSeconds: number;
  /** Claims after which a unit is given up: its trainers died. */
  readonly mostAttempts: number;
}

const isFree = '(lease_until IS NULL OR lease_until < NOW(6))';
/** A trial whose speed is not known goes first: the first epoch measures it. */
const workLeft = '(units_due - units_done) * COALESCE(seconds / NULLIF(units_done, 0), 1e9)';

/**
 * Claims the free model with the most work left, longest first, for a shard that it has not seen in its epoch. The claim is one UPDATE that
 * compares the fence, so that it waits for nobody: of two workers that want a model, one gets the next model instead.
 * @returns null if no model is free
 */
export async function claimUnit(place: TrialPlace, claimer: Claimer): Promise<ClaimedUnit | null> {
  const table = tablesOf(place.schema)('trials');
  const [rows] = await place.pool.query<RowDataPacket[]>(
    `SELECT trial_no, estimator, parameters, epoch, visited, units_done, checkpoint, fence, attempts FROM ${table}
     WHERE statement_id = ? AND step = ? AND state = 'open' AND ${isFree} ORDER BY ${workLeft} DESC, trial_no LIMIT 64`,
    [place.statement, place.step],
  );
  const all = Array.from({ length: claimer.shards }, (_, shard) => shard);
  for (const shards of [claimer.own, all]) {
    for (const row of rows) {
      const visited = Number(row.visited);
      const shard = shards.find((each) => !hasVisited(visited, each));
      if (shard === undefined) continue;
      if (row.attempts >= claimer.mostAttempts) {
        await giveUp(place, row.trial_no, row.fence, claimer.mostAttempts);
        continue;
      }
      const [updated] = await place.pool.query<ResultSetHeader>(
        `UPDATE ${table} SET fence = fence + 1, attempts = attempts + 1, worker_no = ?, lease_until = NOW(6) + INTERVAL ? SECOND
         WHERE ${whereTrial} AND fence = ? AND state = 'open' AND ${isFree}`,
        [claimer.worker, claimer.leaseSeconds, ...keyOf(place, row.trial_no), row.fence],
      );
      if (updated.affectedRows === 1) return claimed(row, shard, visited, claimer.shards);
    }
  }
  return null;
}

const hasVisited = (visited: number, shard: number) => Math.floor(visited / 2 ** shard) % 2 === 1;

function claimed(row: RowDataPacket, shard: number, visited: number, shards: number): ClaimedUnit {
  return {
    trial: row.trial_no,
    estimator: row.estimator,
    parameters: JSON.parse(row.parameters),
    epoch: row.epoch,
    shard,
    unit: row.units_done,
    endsEpoch: visited + 2 ** shard === 2 ** shards - 1,
    checkpoint: row.checkpoint,
    fence: row.fence + 1,
    attempt: row.attempts + 1,
  };
}

const giveUp = (place: TrialPlace, trial: number, fence: number, attempts: number) =>
  endTrial(
    place,
    { trial, fence },
    {
      code: 'TRAIN_MEMORY',
      message: `its trainer died ${attempts} times in one unit, most likely because memory ran out`,
    },
  );

/** @returns false if another worker has the model */
export async function renewLease(
  { pool, schema, ...place }: TrialPlace,
  { trial, fence }: Claim,
  leaseSeconds: number,
): Promise<boolean> {
  const [updated] = await pool.query<ResultSetHeader>(
    `UPDATE ${tablesOf(schema)('trials')} SET lease_until = NOW(6) + INTERVAL ? SECOND WHERE ${whereTrial} AND fence = ?`,
    [leaseSeconds, ...keyOf({ pool, schema, ...place }, trial), fence],
  );
  return updated.affectedRows === 1;
}

/** Gives the model back, so that others need not wait for the lease to run out. */
export async function releaseUnit(place: TrialPlace, { trial, fence }: Claim): Promise<void> {
  await place.pool.query(
    `UPDATE ${tablesOf(place.schema)('trials')} SET lease_until = NULL, worker_no = NULL WHERE ${whereTrial} AND fence = ?`,
    [...keyOf(place, trial), fence],
  );
}

/** A worker that starts takes over what an earlier process under its number has left. That one can no longer commit. */
export async function releaseWorker({ pool, schema, statement, step }: TrialPlace, worker: number): Promise<void> {
  await pool.query(
    `UPDATE ${tablesOf(schema)('trials')} SET lease_until = NULL, worker_no = NULL, fence = fence + 1
     WHERE statement_id = ? AND step = ? AND worker_no = ?`,
    [statement, step, worker],
  );
}
