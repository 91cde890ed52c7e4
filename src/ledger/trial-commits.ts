import type { PoolConnection, RowDataPacket } from 'mysql2/promise';
import { transaction } from '../datasource/pool.ts';
import { MillraceError } from '../errors.ts';
import { tablesOf } from './tables.ts';
import type { ClaimedUnit, Claimer } from './trial-leases.ts';
import { keyOf, type TrialPlace, whereTrial } from './trials.ts';

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
      `SELECT fence, visited, units_done, units_due, units_most FROM ${table('trials')} WHERE ${whereTrial} FOR UPDATE`,
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
       WHERE ${whereTrial}`,
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
