import type { Pool } from 'mysql2/promise';
import type { ColumnType } from '../datasource/column-types.ts';
import { readPlanJson } from './statement-plan.ts';
import type { StepPlace } from './trainings.ts';
import { hopShare, readVisits, type Visit } from './trial-visits.ts';
import { readTrials, type Trial } from './trials.ts';

/** Columns of SHOW TRIALS after the model and its version. */
export const trialColumns: Readonly<Record<string, ColumnType>> = {
  ...{ trial: 'integer', state: 'string', epochs: 'integer', best_epoch: 'integer' },
  ...{ metric: 'string', value: 'double', curve: 'string', parameters: 'json', estimator: 'string', units: 'integer' },
  ...{ seconds: 'double', hop_share: 'double', metrics: 'json', values_by_epoch: 'json', checkpoint: 'string' },
  ...{ visits: 'json', error: 'string' },
};

/** The trials of the search that made a version: the best first. Each has its metric by epoch, and all visits to shards. */
export async function trialRows(
  { pool, schema }: { readonly pool: Pool; readonly schema: string },
  { statement, step }: StepPlace,
): Promise<readonly (readonly unknown[])[]> {
  const place = { pool, schema, statement, step };
  const trials = await readTrials(place);
  if (trials.length === 0) return [];
  const metric = metricOf(await readPlanJson(pool, schema, statement), step);
  const visits = Map.groupBy(await readVisits(place), ({ trial }) => trial);
  const loss = (trial: Trial) => (trial.state === 'failed' ? null : trial.loss) ?? Number.POSITIVE_INFINITY;
  const ordered = trials.toSorted((a, b) => compare(loss(a), loss(b)) || a.trial - b.trial);
  return ordered.map((trial) => rowOf(trial, visits.get(trial.trial) ?? [], metric));
}

const compare = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1);

/** The metric of a planned search. */
function metricOf(plan: string | null, step: string): string {
  const { steps }: { readonly steps: readonly PlannedStep[] } = JSON.parse(plan ?? '{"steps":[]}');
  return steps.find(({ name }) => name === step)?.training?.search?.metric ?? 'valid_loss';
}

interface PlannedStep {
  readonly name: string;
  readonly training?: { readonly search: { readonly metric: string } | null };
}

function rowOf(trial: Trial, visits: readonly Visit[], metric: string): readonly unknown[] {
  const { parameters, metrics, estimator, state, epochs, bestEpoch, unitsDone, seconds, checkpoint, error } = trial;
  const values = visits.filter((visit) => visit.metrics !== null).map((visit) => valueIn(visit, metric));
  const walked = visits.map(({ epoch, shard, worker, attempt, seconds: unitSeconds, digestIn, digestOut }) => ({
    ...{ epoch, shard, worker, attempt, seconds: unitSeconds, in: digestIn, out: digestOut },
  }));
  return [
    ...[
      trial.trial,
      state,
      epochs,
      bestEpoch,
      metric,
      rounded(valueIn(trial, metric)),
      sparkline(values),
      JSON.stringify(parameters),
      estimator,
    ],
    ...[
      unitsDone,
      Number(seconds.toFixed(3)),
      rounded(hopShare(visits)),
      JSON.stringify(metrics),
      JSON.stringify(values),
      checkpoint,
      JSON.stringify(walked),
      error,
    ],
  ];
}

/** Of an estimator without a loss, what trials are compared by instead. */
const valueIn = ({ metrics, loss }: Pick<Visit, 'metrics' | 'loss'>, metric: string) => metrics?.[metric] ?? loss;

/** As many digits as a person compares; `values_by_epoch` has all. */
const rounded = (value: number | null) => (value === null ? null : Number(value.toPrecision(6)));

const heights = [...'▁▂▃▄▅▆▇█'];
/** Characters of the longest sparkline. */
const longest = 24;

/** A character for each value, or for each of some of them; a space where there is none. */
function sparkline(values: readonly (number | null)[]): string {
  const step = Math.max(1, values.length / longest);
  const some = Array.from(
    { length: Math.min(values.length, longest) },
    (_, at) => values[Math.floor(at * step)] ?? null,
  );
  const known = some.filter((value) => value !== null && Number.isFinite(value)) as readonly number[];
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const height = (value: number) => Math.round(((value - least) / (most - least || 1)) * (heights.length - 1));
  return some.map((value) => (value === null || !Number.isFinite(value) ? ' ' : heights[height(value)])).join('');
}
