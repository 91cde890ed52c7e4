import type { Pool } from 'mysql2/promise';
import type { ColumnType } from '../datasource/column-types.ts';
import type { StepPlace } from './trainings.ts';
import { readVisits, type Visit } from './trial-visits.ts';
import { readTrials, type Trial } from './trials.ts';

/** Columns of SHOW TRIALS after the model and its version. */
export const trialColumns: Readonly<Record<string, ColumnType>> = {
  ...{ trial: 'integer', estimator: 'string', parameters: 'json', state: 'string', epochs: 'integer' },
  ...{ units: 'integer', metrics: 'json', losses: 'json', seconds: 'double', checkpoint: 'string' },
  ...{ visits: 'json', error: 'string' },
};

/** The trials of the search that made a version: the best first, then by their loss. Each has its losses by epoch, and all visits to shards. */
export async function trialRows(
  { pool, schema }: { readonly pool: Pool; readonly schema: string },
  { statement, step }: StepPlace,
): Promise<readonly (readonly unknown[])[]> {
  const place = { pool, schema, statement, step };
  const trials = await readTrials(place);
  const visits = Map.groupBy(await readVisits(place), ({ trial }) => trial);
  const loss = (trial: Trial) => (trial.state === 'failed' ? null : trial.loss) ?? Number.POSITIVE_INFINITY;
  const ordered = trials.toSorted((a, b) => compare(loss(a), loss(b)) || a.trial - b.trial);
  return ordered.map((trial) => rowOf(trial, visits.get(trial.trial) ?? []));
}

const compare = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1);

function rowOf(trial: Trial, visits: readonly Visit[]): readonly unknown[] {
  const { parameters, metrics, estimator, state, epochs, unitsDone, seconds, checkpoint, error } = trial;
  const losses = visits.filter((visit) => visit.metrics !== null).map((visit) => visit.metrics?.valid_loss ?? null);
  const walked = visits.map(({ epoch, shard, worker, attempt, digestIn, digestOut }) => ({
    ...{ epoch, shard, worker, attempt, in: digestIn, out: digestOut },
  }));
  return [
    ...[trial.trial, estimator, JSON.stringify(parameters), state, epochs, unitsDone],
    ...[JSON.stringify(metrics), JSON.stringify(losses), seconds, checkpoint, JSON.stringify(walked), error],
  ];
}
