import { describe, expect, it } from 'vitest';
import type { TrainingRun } from '../../../src/catalog/costs.ts';
import { explainTraining } from '../../../src/plan/train/explain-train.ts';
import { trainCost } from '../../../src/plan/train/train-cost.ts';
import { predictedSeconds, type Training } from '../../../src/train-task.ts';

const training = (changes: Partial<Training> = {}): Training => ({
  ...{ estimator: 'DNNClassifier', attributes: { 'train.epoch': 20 }, features: null, label: 'y', validation: null },
  ...{ seed: 1, search: null, from: null, into: 'm' },
  ...changes,
});

/** Two seconds, and a microsecond for each row of each pass. */
const run = (rows: number, passes: number, changes: Partial<TrainingRun> = {}): TrainingRun => ({
  ...{
    isSearch: false,
    rows,
    passes,
    seconds: 2 + rows * passes * 1e-6,
    startSeconds: 2,
    at: '2026-11-27T10:00:00.000000Z',
  },
  ...changes,
});

const costs = (
  runs: readonly TrainingRun[],
  rows: Record<string, number> = { q: 1_000_000 },
  estimator = 'DNNClassifier',
) => ({
  ...{ runs: {}, rows, memory: null, trainings: { [estimator]: runs } },
});

describe('the time of a training', () => {
  it('is predicted from earlier ones of its estimator, by their rows and epochs', () => {
    const cost = trainCost(training(), 'q', costs([run(1000, 10), run(500_000, 3)]))!;
    expect(cost).toMatchObject({ rows: 1_000_000, passes: 20, runs: 2, at: '2026-11-27T10:00:00.000000Z' });
    expect(predictedSeconds(cost, 1_000_000)).toBeCloseTo(22, 3);
    expect(explainTraining(training(), cost)).toContainEqual(['predict', '22.0 s for 1000000 rows']);
    expect(explainTraining(training(), cost)).toContainEqual(['measured', '2026-11-27, 2 trainings of DNNClassifier']);
  });

  it('is not predicted without one, and tells the time of a row where rows are not counted', () => {
    expect(trainCost(training(), 'q', undefined)).toBe(null);
    expect(trainCost(training(), 'q', costs([], {}, 'DNNRegressor'))).toBe(null);
    expect(explainTraining(training(), undefined)).toContainEqual([
      'predict',
      'no training of DNNClassifier was measured yet',
    ]);
    const cost = trainCost(training(), 'q', costs([run(1000, 10)], {}))!;
    expect(explainTraining(training(), cost)).toContainEqual([
      'predict',
      '2.0 s to start and 0.0 ms a row; the rows are not counted',
    ]);
  });

  it('counts the usual epochs and rounds, and one pass of what trains until it converges', () => {
    const passes = (estimator: string, attributes = {}, rows = { q: 640 }) =>
      trainCost(training({ estimator, attributes }), 'q', costs([run(1000, 7)], rows, estimator))!.passes;
    expect(passes('DNNClassifier')).toBe(50);
    expect(passes('DNNClassifier', {}, { q: 64_000 })).toBe(10);
    expect(passes('xgboost.gbtree')).toBe(10);
    expect(passes('xgboost.gbtree', { 'train.num_boost_round': 40 })).toBe(40);
    expect(passes('LogisticRegression')).toBe(1);
    const cost = trainCost(training({ estimator: 'KMeans' }), 'q', costs([run(1000, 7)], { q: 1000 }, 'KMeans'))!;
    expect(predictedSeconds(cost, 1000)).toBeCloseTo(2 + 7e-3, 3);
  });

  it('of a search is predicted from searches, with as many units as its driver is expected to need', () => {
    const search = { driver: 'asha', trials: 9, eta: 3, workers: 2, shards: 2, mode: 'hop' } as Training['search'];
    const asha = training({ search, attributes: { 'train.epoch': 9 } });
    expect(trainCost(asha, 'q', costs([run(1000, 10)]))).toBe(null);
    const measured = costs([run(1000, 10), run(100, 10, { isSearch: true })]);
    // 9 trials train one epoch, 3 of them two more, 1 of those six more: 21 epochs on two workers.
    expect(trainCost(asha, 'q', measured)).toMatchObject({ passes: 10.5, runs: 1 });
    const random = training({ search: { ...search!, driver: 'random' }, attributes: { 'train.epoch': 9 } });
    expect(trainCost(random, 'q', measured)).toMatchObject({ passes: 40.5 });
    const task = training({ search: { ...search!, driver: 'tpe', mode: 'task' } });
    expect(trainCost(task, 'q', measured)).toMatchObject({ passes: 4.5 });
  });
});
