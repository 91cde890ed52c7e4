import type { TrainStep } from '../plan/plan.ts';
import { predictedSeconds } from '../train-task.ts';
import { readPlanJson } from './statement-plan.ts';
import { columnsOf, type ReturningStep, storeRows } from './store-rows.ts';
import type { TrainedVersion } from './trainings.ts';

/** A version that TO TRAIN has registered. */
export type Registered = Pick<TrainedVersion, 'name' | 'version' | 'report'>;

/** Stores the row that TO TRAIN returns. */
export async function storeTrainingResult({ name, version, report }: Registered, place: ReturningStep): Promise<void> {
  const { estimator, rows, curve, metrics, took } = report;
  const predicted = took === undefined ? null : await plannedSeconds(place, rows);
  const measured = Object.entries(metrics).flatMap(([part, values]) =>
    Object.entries(values).map(([metric, value]) => [part === 'train' ? metric : `${part}_${metric}`, value] as const),
  );
  await storeRows(
    {
      columns: [
        ...columnsOf({ model: 'string', version: 'integer', estimator: 'string', rows: 'bigint', rounds: 'integer' }),
        ...measured.map(([metric]) => ({ name: metric, type: 'double' as const })),
        ...(took === undefined ? [] : columnsOf({ seconds: 'double', predicted_seconds: 'double' })),
      ],
      rows: [
        [
          ...[name, version, estimator, String(rows), curve.length, ...measured.map(([, value]) => value)],
          ...(took === undefined ? [] : [tenths(took.seconds), predicted && tenths(predicted)]),
        ],
      ],
    },
    place,
  );
}

/** What the plan predicted for so many rows; null: nothing was measured before. */
async function plannedSeconds({ pool, schema, statement, step }: ReturningStep, rows: number): Promise<number | null> {
  const plan: { readonly steps?: readonly PlannedTraining[] } = JSON.parse(
    (await readPlanJson(pool, schema, statement)) ?? '{}',
  );
  const cost = plan.steps?.find(({ name }) => name === step)?.cost;
  return cost === undefined ? null : predictedSeconds(cost, rows);
}

type PlannedTraining = Pick<TrainStep, 'name' | 'cost'>;

const tenths = (seconds: number) => Math.round(seconds * 10) / 10;
