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
  /** Time of the claim. */
  readonly claimSeconds: number;
}

export interface Claimer {
  readonly worker: number;
  readonly shards: number;
  /** Shards that it holds in memory. It takes another only if no model needs these. */
  readonly own: readonly number[];
  /** Models that are trained at once, between two barriers; null: no model waits for another. */
  readonly round: number | null;
  readonly leaseSeconds: number;
  /** Claims after which a unit is given up: its trainers died. */
  readonly mostAttempts: number;
}

const isFree = '(lease_until IS NULL OR lease_until < NOW(6))';
/** A trial whose speed is not known goes first: the first epoch measures it. */
const workLeft = '(units_due - units_done) * COALESCE(seconds / NULLIF(units_done, 0), 1e9)';

/** A model and the shard that it could be trained on next. */
interface Candidate {
  readonly row: RowDataPacket;
  readonly shard: number;
}

/**
 * Claims a model for a shard that it has not seen in its epoch. The claim is one UPDATE that compares the fence, so that it waits for nobody: of
 * two workers that want a model, one gets the next model instead.
 * @returns null if no model can be trained now
 */
export async function claimUnit(place: TrialPlace, claimer: Claimer): Promise<ClaimedUnit | null> {
  const started = performance.now();
  const { round, shards, mostAttempts } = claimer;
  const candidates = round === null ? await freeModels(place, claimer) : await modelsOfRound(place, claimer, round);
  for (const { row, shard } of candidates) {
    if (row.attempts >= mostAttempts) {
      await giveUp(place, row.trial_no, row.fence, mostAttempts);
      continue;
    }
    const [updated] = await place.pool.query<ResultSetHeader>(
      `UPDATE ${tablesOf(place.schema)('trials')}
       SET fence = fence + 1, attempts = attempts + 1, worker_no = ?, lease_until = NOW(6) + INTERVAL ? SECOND
       WHERE ${whereTrial} AND fence = ? AND state = 'open' AND ${isFree}`,
      [claimer.worker, claimer.leaseSeconds, ...keyOf(place, row.trial_no), row.fence],
    );
    if (updated.affectedRows === 1) return claimed(row, shard, shards, (performance.now() - started) / 1000);
  }
  return null;
}

const modelColumns = 'trial_no, estimator, parameters, epoch, visited, units_done, checkpoint, fence, attempts';

/** The free models with the most work left, longest first: those that need a shard that the worker holds, then all. */
async function freeModels(place: TrialPlace, { shards, own }: Claimer): Promise<readonly Candidate[]> {
  const [rows] = await place.pool.query<RowDataPacket[]>(
    `SELECT ${modelColumns} FROM ${tablesOf(place.schema)('trials')}
     WHERE statement_id = ? AND step = ? AND state = 'open' AND ${isFree} ORDER BY ${workLeft} DESC, trial_no LIMIT 64`,
    [place.statement, place.step],
  );
  const all = Array.from({ length: shards }, (_, shard) => shard);
  return [own, all].flatMap((some) =>
    rows.flatMap((row) => {
      const shard = some.find((each) => !hasVisited(Number(row.visited), each));
      return shard === undefined ? [] : [{ row, shard }];
    }),
  );
}

/**
 * The models of the current round, each on a shard of its own. The next round starts when all of them have been trained, so a model that
 * somebody has keeps the others waiting. An epoch is done by all models before the next one.
 */
async function modelsOfRound(
  place: TrialPlace,
  { shards, own }: Claimer,
  round: number,
): Promise<readonly Candidate[]> {
  const [rows] = await place.pool.query<RowDataPacket[]>(
    `SELECT ${modelColumns}, ${isFree} AS is_free, FLOOR(trial_no / ?) AS models FROM ${tablesOf(place.schema)('trials')}
     WHERE statement_id = ? AND step = ? AND state = 'open' ORDER BY epoch, models, units_done, trial_no LIMIT ?`,
    [round, place.statement, place.step, round],
  );
  const [first] = rows;
  const isOfRound = (row: RowDataPacket) =>
    (['epoch', 'models', 'units_done'] as const).every((column) => row[column] === first![column]);
  return rows
    .filter((row) => isOfRound(row) && Number(row.is_free) === 1)
    .map((row) => ({ row, shard: (row.trial_no + row.units_done) % shards }))
    .toSorted((a, b) => Number(own.includes(b.shard)) - Number(own.includes(a.shard)));
}

const hasVisited = (visited: number, shard: number) => Math.floor(visited / 2 ** shard) % 2 === 1;

function claimed(row: RowDataPacket, shard: number, shards: number, claimSeconds: number): ClaimedUnit {
  return {
    trial: row.trial_no,
    estimator: row.estimator,
    parameters: JSON.parse(row.parameters),
    epoch: row.epoch,
    shard,
    unit: row.units_done,
    endsEpoch: Number(row.visited) + 2 ** shard === 2 ** shards - 1,
    checkpoint: row.checkpoint,
    fence: row.fence + 1,
    attempt: row.attempts + 1,
    claimSeconds,
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
