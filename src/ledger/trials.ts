import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import { transaction } from '../datasource/pool.ts';
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
  /** Complete epochs after which it was best so far; it counts with this state. */
  readonly bestEpoch: number;
  /** SHA-256 of its best state, or of the latest one while none is measured; null: none yet. */
  readonly checkpoint: string | null;
  /** Of the search's metric after its best epoch; less is better. */
  readonly loss: number | null;
  /** After its best epoch. */
  readonly metrics: Readonly<Record<string, number | null>> | null;
  readonly error: string | null;
}

/** A trial as a worker has claimed it: only the last claim may change it. */
export interface Claim {
  readonly trial: number;
  readonly fence: number;
}

/** The values of `whereTrial`. */
export const keyOf = ({ statement, step }: TrialPlace, trial: number) => [statement, step, trial];

export const whereTrial = 'statement_id = ? AND step = ? AND trial_no = ?';

/** Stands for the digest of a file: the list of those that all trainers of a search need. It appears last. */
export const preparedList = 'prepared';

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

/** Ends a trial with what is wrong with its parameters. Does nothing if another worker has the model. */
export async function endTrial(
  place: TrialPlace,
  { trial, fence }: Claim,
  { code, message }: { readonly code: string; readonly message: string },
): Promise<void> {
  await place.pool.query(
    `UPDATE ${tablesOf(place.schema)('trials')} SET state = 'failed', lease_until = NULL, worker_no = NULL,
       error_code = ?, error_message = ? WHERE ${whereTrial} AND fence = ?`,
    [code, message, ...keyOf(place, trial), fence],
  );
}

/** Lets trials go on to their next rung, chosen among all by `choose`. @returns their number */
export function promoteTrials(
  place: TrialPlace,
  choose: (trials: readonly Trial[]) => readonly { readonly trial: number; readonly unitsDue: number }[],
): Promise<number> {
  return transaction(place.pool, async (connection) => {
    const chosen = choose(await selectTrials(connection, place, 'FOR UPDATE'));
    for (const { trial, unitsDue } of chosen) {
      await connection.query(
        `UPDATE ${tablesOf(place.schema)('trials')} SET state = 'open', units_due = ? WHERE ${whereTrial} AND state = 'paused'`,
        [unitsDue, ...keyOf(place, trial)],
      );
    }
    return chosen.length;
  });
}

/**
 * Forgets all trials, of which the folder with the states is gone. Does nothing if the database has what another process prepared: workers
 * may use it.
 */
export async function clearTrials({ pool, schema, statement, step }: TrialPlace): Promise<void> {
  await transaction(pool, async (connection) => {
    const [prepared] = await connection.query<RowDataPacket[]>(
      `SELECT 1 FROM ${tablesOf(schema)('trial_files')} WHERE statement_id = ? AND step = ? AND digest = ? LIMIT 1 FOR UPDATE`,
      [statement, step, preparedList],
    );
    if (prepared.length > 0) return;
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
    bestEpoch: row.best_epoch ?? row.epoch,
    checkpoint: row.best_checkpoint ?? row.checkpoint,
    loss: row.loss,
    metrics: row.metrics === null ? null : JSON.parse(row.metrics),
    error: row.error_message,
  }));
}
