import { expect, it } from 'vitest';
import type { TrainingReport } from '../../../src/ledger/trainings.ts';
import type { Training } from '../../../src/train-task.ts';
import { openClock } from '../../../src/worker/train/training-clock.ts';

const report = { rows: 100, curve: [{}, {}, {}] } as unknown as TrainingReport;
const training = { estimator: 'DNNClassifier', search: null } as Training;

it('a training is measured from its rows on, with the time before its first epoch', () => {
  let now = 1000;
  const told: unknown[] = [];
  const clock = openClock(() => now);
  const tell = clock.with((progress) => void told.push(progress));
  const at = (time: number, unit: 'row' | 'epoch' | 'unit', done: number) => {
    now = time;
    tell({ unit, done, total: null, metrics: {} });
  };
  at(2000, 'row', 100);
  at(3500, 'epoch', 1);
  at(4000, 'epoch', 2);
  now = 5000;
  expect(clock.read(training, report)).toEqual({
    ...{ estimator: 'DNNClassifier', isSearch: false, seconds: 4, startSeconds: 2.5, rows: 100, passes: 3 },
  });
  expect(told).toHaveLength(3);
  at(6000, 'unit', 42);
  const search = { shards: 2, workers: 3 } as Training['search'];
  expect(clock.read({ ...training, search }, report)).toMatchObject({ isSearch: true, passes: 7 });
});

it('the start of a training that tells no epoch is not known', () => {
  expect(openClock(() => 0).read(training, { ...report, curve: [] })).toMatchObject({ startSeconds: null, passes: 1 });
});
