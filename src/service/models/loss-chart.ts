import type { Pool } from 'mysql2/promise';
import { MillraceError } from '../../errors.ts';
import { readModel } from '../../ledger/registry.ts';
import { readTrainings, type TrainingReport } from '../../ledger/trainings.ts';
import { type Chart, drawChart } from '../../plot/chart.ts';

/**
 * The metrics of each epoch or round of a version that TO TRAIN has made, as SVG.
 * @param version null: the current one
 * @throws {MillraceError} UNKNOWN_MODEL, TRAIN_NOT_OURS
 */
export async function plotTraining(pool: Pool, schema: string, name: string, version: number | null): Promise<string> {
  const model = await readModel(pool, schema, name, version);
  if (model === null) throw new MillraceError('UNKNOWN_MODEL', `no model is registered as '${name}'`);
  const trainings = await readTrainings(pool, schema, name);
  const report = trainings.find((training) => training.version === model.version)?.report;
  if (report === undefined || report.curve.length === 0)
    throw new MillraceError('TRAIN_NOT_OURS', `the model '${name}' has no metrics by epoch or round`);
  return drawChart(lossChart(`${name}@${model.version}`, report));
}

/** One line for each metric; the best epoch or round is marked where its state was kept. */
export function lossChart(title: string, { estimator, curve, best, rows }: TrainingReport): Chart {
  const names = [...new Set(curve.flatMap((metrics) => Object.keys(metrics)))];
  const points = (name: string) =>
    curve.flatMap((metrics, index) => {
      const y = metrics[name];
      return y === null || y === undefined ? [] : [{ x: index + 1, y }];
    });
  const lines = names.map((name) => ({ name, kind: 'line' as const, points: points(name) }));
  const kept =
    best === null
      ? []
      : lines.map(({ points }) => points.find(({ x }) => x === best)).filter((point) => point !== undefined);
  const unit = estimator.startsWith('xgboost.') ? 'round' : 'epoch';
  return {
    title: `Training of ${title}`,
    note: `${estimator}, ${rows} rows${best === null ? '' : `; the state of ${unit} ${best} was kept`}`,
    x: unit,
    y: 'metric',
    series: [...lines, ...(kept.length === 0 ? [] : [{ name: 'kept', kind: 'points' as const, points: kept }])],
  };
}
