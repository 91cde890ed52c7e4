import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { transaction } from '../datasource/pool.ts';
import { MillraceError } from '../errors.ts';
import { tablesOf } from './tables.ts';

/** A search: one step of a statement. */
export interface TrialPlace {
  readonly pool: Pool;
  readonly schema: string;
  readonly statement: string;
  readonly step: string;
}

export type TrialState = 'open' | 'paused' | 'done' | 'stopped' | 'failed';

export interface NewTrial {
  readonly estimator: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Units after which it pauses. */
  readonly unitsDue: number;
  /** Units of the trial if nobody stops it. */
  readonly unitsMost: number;
}

export interface Trial extends NewTrial {
  readonly trial: number;
  readonly state: TrialState;
  readonly epochs: number;
  readonly unitsDone: number;
  readonly seconds: number;
  /** SHA-256 of its state; null: none yet. */
  readonly checkpoint: string | null;
  /** Of the search's metric after its last epoch; less is better. */
  readonly loss: number | null;
  readonly metrics: Readonly<Record<string, number | null>> | null;
  readonly error: string | null;
}

/** A worker has the model, and trains it on a shard. Nobody else can, until the lease has run out. */
export interface ClaimedUnit {
  readonly trial: number;
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
  /** Only the last claim may commit. */
  readonly fence: number;
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

export interface UnitResult {
  readonly checkpoint: string;
  readonly seconds: number;
  readonly trainLoss: number | null;
  /** After the last shard of an epoch. */
  readonly measured: {
    readonly loss: number | null;
    readonly metrics: Readonly<Record<string, number | null>>;
  } | null;
}

const isFree = '(lease_until IS NULL OR lease_until < NOW(6))';
/** A trial whose speed is not known goes first: the first epoch measures it. */
const workLeft = '(units_due - units_done) * COALESCE(seconds / NULLIF(units_done, 0), 1e9)';
const keyOf = ({ statement, step }: TrialPlace, trial: number) => [statement, step, trial];
const whereKey = 'statement_id = ? AND step = ? AND trial_no = ?';

/** Adds trials from a number on. Those that another worker has added are left as they are. */
export async function addTrials(place: TrialPlace, first: number, trials: readonly NewTrial[]): Promise<void> {
  if (trials.length === 0) return;
  const rows = trials.map(({ estimator, parameters, unitsDue, unitsMost }, index) => [
    ...keyOf(place, first + index),
    ...[estimator, JSON.stringify(parameters), 'open', unitsDue, unitsMost],
  ]);
  await place.pool.query(
    `INSERT IGNORE INTO ${tablesOf(place.schema)('trials')}
     (statement_id, step, trial_no, estimator, parameters, state, units_due, units_most) VALUES ?`,
    [rows],
  );
}

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
         WHERE ${whereKey} AND fence = ? AND state = 'open' AND ${isFree}`,
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
  { trial, fence }: Pick<ClaimedUnit, 'trial' | 'fence'>,
  leaseSeconds: number,
): Promise<boolean> {
  const [updated] = await pool.query<ResultSetHeader>(
    `UPDATE ${tablesOf(schema)('trials')} SET lease_until = NOW(6) + INTERVAL ? SECOND WHERE ${whereKey} AND fence = ?`,
    [leaseSeconds, ...keyOf({ pool, schema, ...place }, trial), fence],
  );
  return updated.affectedRows === 1;
}

/** Gives the model back, so that others need not wait for the lease to run out. */
export async function releaseUnit(place: TrialPlace, { trial, fence }: ClaimedUnit): Promise<void> {
  await place.pool.query(
    `UPDATE ${tablesOf(place.schema)('trials')} SET lease_until = NULL, worker_no = NULL WHERE ${whereKey} AND fence = ?`,
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

/** Ends a trial with what is wrong with its parameters. Does nothing if another worker has the model. */
export async function endTrial(
  place: TrialPlace,
  { trial, fence }: Pick<ClaimedUnit, 'trial' | 'fence'>,
  { code, message }: { readonly code: string; readonly message: string },
): Promise<void> {
  await place.pool.query(
    `UPDATE ${tablesOf(place.schema)('trials')} SET state = 'failed', lease_until = NULL, worker_no = NULL,
       error_code = ?, error_message = ? WHERE ${whereKey} AND fence = ?`,
    [code, message, ...keyOf(place, trial), fence],
  );
}

/**
 * Commits a unit: the model's state is the new checkpoint, and the visit is recorded. Safe to repeat.
 * @throws {MillraceError} TRIAL_TAKEN if another worker has claimed the model since
 */
export function commitUnit(
  place: TrialPlace,
  { worker, shards }: Pick<Claimer, 'worker' | 'shards'>,
  unit: ClaimedUnit,
  result: UnitResult,
): Promise<void> {
  return transaction(place.pool, async (connection) => {
    const table = tablesOf(place.schema);
    const [[row]] = await connection.query<RowDataPacket[]>(
      `SELECT fence, visited, units_done, units_due, units_most FROM ${table('trials')} WHERE ${whereKey} FOR UPDATE`,
      keyOf(place, unit.trial),
    );
    if (row === undefined) throw taken(unit);
    if (row.fence === unit.fence && row.units_done === unit.unit + 1) return;
    if (row.fence !== unit.fence || row.units_done !== unit.unit) throw taken(unit);
    const visited = Number(row.visited) + 2 ** unit.shard;
    const isWhole = visited === 2 ** shards - 1;
    const done = unit.unit + 1;
    const state = done >= row.units_most ? 'done' : done >= row.units_due ? 'paused' : 'open';
    const { loss, metrics } = result.measured ?? { loss: null, metrics: null };
    await connection.query(
      `UPDATE ${table('trials')} SET epoch = ?, visited = ?, units_done = ?, seconds = seconds + ?, checkpoint = ?, state = ?,
         loss = COALESCE(?, loss), metrics = COALESCE(?, metrics), attempts = 0, worker_no = NULL, lease_until = NULL
       WHERE ${whereKey}`,
      [
        ...[isWhole ? unit.epoch + 1 : unit.epoch, isWhole ? 0 : visited, done, result.seconds, result.checkpoint],
        ...[state, loss, metrics && JSON.stringify(metrics), ...keyOf(place, unit.trial)],
      ],
    );
    await insertVisit(connection, place, worker, unit, result);
  });
}

async function insertVisit(
  connection: PoolConnection,
  place: TrialPlace,
  worker: number,
  { trial, epoch, shard, unit, fence, attempt, checkpoint }: ClaimedUnit,
  { checkpoint: after, seconds, trainLoss, measured }: UnitResult,
): Promise<void> {
  await connection.query(
    `INSERT INTO ${tablesOf(place.schema)('trial_units')} (statement_id, step, trial_no, epoch, shard, unit_no, worker_no, fence,
       attempt, digest_in, digest_out, seconds, train_loss, loss, metrics) VALUES (?)`,
    [
      [
        ...[...keyOf(place, trial), epoch, shard, unit, worker, fence, attempt, checkpoint, after, seconds],
        ...[trainLoss, measured?.loss ?? null, measured && JSON.stringify(measured.metrics)],
      ],
    ],
  );
}

const taken = ({ trial }: ClaimedUnit) =>
  new MillraceError('TRIAL_TAKEN', `the model of trial ${trial} was taken over by another worker`);

/** Lets trials go on to their next rung, chosen among all by `choose`. @returns their number */
export function promoteTrials(
  place: TrialPlace,
  choose: (trials: readonly Trial[]) => readonly { readonly trial: number; readonly unitsDue: number }[],
): Promise<number> {
  return transaction(place.pool, async (connection) => {
    const chosen = choose(await selectTrials(connection, place, 'FOR UPDATE'));
    for (const { trial, unitsDue } of chosen) {
      await connection.query(
        `UPDATE ${tablesOf(place.schema)('trials')} SET state = 'open', units_due = ? WHERE ${whereKey} AND state = 'paused'`,
        [unitsDue, ...keyOf(place, trial)],
      );
    }
    return chosen.length;
  });
}

/** Forgets all trials, of which the folder with the states is gone. */
export async function clearTrials({ pool, schema, statement, step }: TrialPlace): Promise<void> {
  await transaction(pool, async (connection) => {
    for (const part of ['trials', 'trial_units', 'trial_files'] as const)
      await connection.query(`DELETE FROM ${tablesOf(schema)(part)} WHERE statement_id = ? AND step = ?`, [
        statement,
        step,
      ]);
  });
}

/** Trials that wait for nothing any more are stopped. */
export async function stopPaused(place: TrialPlace): Promise<void> {
  await place.pool.query(
    `UPDATE ${tablesOf(place.schema)('trials')} SET state = 'stopped' WHERE statement_id = ? AND step = ? AND state = 'paused'`,
    [place.statement, place.step],
  );
}

export const readTrials = (place: TrialPlace): Promise<readonly Trial[]> => selectTrials(place.pool, place, '');

async function selectTrials(
  queries: Pick<Pool, 'query'> | PoolConnection,
  place: TrialPlace,
  lock: '' | 'FOR UPDATE',
): Promise<readonly Trial[]> {
  const [rows] = await queries.query<RowDataPacket[]>(
    `SELECT * FROM ${tablesOf(place.schema)('trials')} WHERE statement_id = ? AND step = ? ORDER BY trial_no ${lock}`,
    [place.statement, place.step],
  );
  return rows.map((row) => ({
    trial: row.trial_no,
    estimator: row.estimator,
    parameters: JSON.parse(row.parameters),
    state: row.state,
    epochs: row.epoch,
    unitsDone: row.units_done,
    unitsDue: row.units_due,
    unitsMost: row.units_most,
    seconds: row.seconds,
    checkpoint: row.checkpoint,
    loss: row.loss,
    metrics: row.metrics === null ? null : JSON.parse(row.metrics),
    error: row.error_message,
  }));
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
