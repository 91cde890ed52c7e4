import type { PoolConnection, RowDataPacket } from 'mysql2/promise';
import { transaction } from '../datasource/pool.ts';
import { MillraceError } from '../errors.ts';
import { tablesOf } from './tables.ts';
import type { ClaimedUnit, Claimer } from './trial-leases.ts';
import type { UnitParts } from './trial-visits.ts';
import { keyOf, type TrialPlace, whereTrial } from './trials.ts';

export interface UnitResult {
  readonly checkpoint: string;
  readonly seconds: number;
  /** What of its time does not train; null: the trial ran whole. */
  readonly parts: UnitParts | null;
  readonly trainLoss: number | null;
  /** After the last shard of an epoch. */
  readonly measured: {
    readonly loss: number | null;
    readonly metrics: Readonly<Record<string, number | null>>;
  } | null;
}

/**
 * Commits a unit: the model's state is the new checkpoint, and the visit is recorded. The state after the best epoch so far is kept beside it.
 * Safe to repeat.
 * @returns checkpoints that the model needs no more
 * @throws {MillraceError} TRIAL_TAKEN if another worker has claimed the model since
 */
export function commitUnit(
  place: TrialPlace,
  { worker, shards }: Pick<Claimer, 'worker' | 'shards'>,
  unit: ClaimedUnit,
  result: UnitResult,
): Promise<readonly string[]> {
  return transaction(place.pool, async (connection) => {
    const table = tablesOf(place.schema);
    const [[row]] = await connection.query<RowDataPacket[]>(
      `SELECT fence, visited, units_done, units_due, units_most, loss, best_checkpoint FROM ${table('trials')} WHERE ${whereTrial} FOR UPDATE`,
      keyOf(place, unit.trial),
    );
    if (row === undefined) throw taken(unit);
    if (row.fence === unit.fence && row.units_done === unit.unit + 1) return [];
    if (row.fence !== unit.fence || row.units_done !== unit.unit) throw taken(unit);
    const visited = Number(row.visited) + 2 ** unit.shard;
    const isWhole = visited === 2 ** shards - 1;
    const done = unit.unit + 1;
    const state = done >= row.units_most ? 'done' : done >= row.units_due ? 'paused' : 'open';
    const best = result.measured !== null && isBetter(result.measured.loss, row.loss) ? result.measured : null;
    await connection.query(
      `UPDATE ${table('trials')} SET epoch = ?, visited = ?, units_done = ?, seconds = seconds + ?, checkpoint = ?, state = ?,
         loss = COALESCE(?, loss), metrics = COALESCE(?, metrics), best_epoch = COALESCE(?, best_epoch),
         best_checkpoint = COALESCE(?, best_checkpoint), attempts = 0, worker_no = NULL, lease_until = NULL
       WHERE ${whereTrial}`,
      [
        ...[isWhole ? unit.epoch + 1 : unit.epoch, isWhole ? 0 : visited, done, result.seconds, result.checkpoint],
        ...[state, best?.loss ?? null, best && JSON.stringify(best.metrics)],
        ...[best && unit.epoch + 1, best && result.checkpoint, ...keyOf(place, unit.trial)],
      ],
    );
    await insertVisit(connection, place, worker, unit, result);
    const kept = [result.checkpoint, best === null ? row.best_checkpoint : null];
    const known = new Set<string | null>([unit.checkpoint, row.best_checkpoint]);
    return [...known].filter((digest): digest is string => digest !== null && !kept.includes(digest));
  });
}

/** @param known of the best epoch so far; null: there is none */
const isBetter = (loss: number | null, known: number | null) => loss !== null && (known === null || loss < known);

async function insertVisit(
  connection: PoolConnection,
  place: TrialPlace,
  worker: number,
  { trial, epoch, shard, unit, fence, attempt, checkpoint, claimSeconds }: ClaimedUnit,
  { checkpoint: after, seconds, parts, trainLoss, measured }: UnitResult,
): Promise<void> {
  await connection.query(
    `INSERT INTO ${tablesOf(place.schema)('trial_units')} (statement_id, step, trial_no, epoch, shard, unit_no, worker_no, fence,
       attempt, digest_in, digest_out, seconds, claim_seconds, rows_seconds, load_seconds, hash_seconds, save_seconds, train_loss, loss,
       metrics) VALUES (?)`,
    [
      [
        ...[...keyOf(place, trial), epoch, shard, unit, worker, fence, attempt, checkpoint, after, seconds],
        ...[claimSeconds, ...(['rows', 'load', 'hash', 'save'] as const).map((part) => parts?.[part] ?? null)],
        ...[trainLoss, measured?.loss ?? null, measured && JSON.stringify(measured.metrics)],
      ],
    ],
  );
}

/** Adds how long it took to commit a unit, which only its worker knows afterwards. */
export async function recordCommit(place: TrialPlace, { trial, unit }: ClaimedUnit, seconds: number): Promise<void> {
  await place.pool.query(
    `UPDATE ${tablesOf(place.schema)('trial_units')} SET commit_seconds = ? WHERE ${whereTrial} AND unit_no = ?`,
    [seconds, ...keyOf(place, trial), unit],
  );
}

const taken = ({ trial }: ClaimedUnit) =>
  new MillraceError('TRIAL_TAKEN', `the model of trial ${trial} was taken over by another worker`);
