import { expect, it } from 'vitest';
import type { TrainingReport } from '../../src/ledger/trainings.ts';
import { lossChart } from '../../src/service/models/loss-chart.ts';

const report = {
  estimator: 'DNNClassifier',
  rows: 150,
  best: 2,
  curve: [
    { train_loss: 0.9, valid_loss: 1 },
    { train_loss: 0.5, valid_loss: 0.6 },
    { train_loss: 0.2, valid_loss: null },
  ],
} as unknown as TrainingReport;

it('a training is drawn by epoch, with the epoch whose state was kept', () => {
  const chart = lossChart('flowers@3', report);
  expect(chart).toMatchObject({ title: 'Training of flowers@3', x: 'epoch', y: 'loss', isLogarithmic: false });
  expect(chart.note).toBe('DNNClassifier, 150 rows; the state of epoch 2 was kept');
  expect(chart.series).toEqual([
    {
      name: 'train_loss',
      kind: 'line',
      points: [
        { x: 1, y: 0.9 },
        { x: 2, y: 0.5 },
        { x: 3, y: 0.2 },
      ],
    },
    {
      name: 'valid_loss',
      kind: 'line',
      points: [
        { x: 1, y: 1 },
        { x: 2, y: 0.6 },
      ],
    },
    {
      name: 'kept',
      kind: 'points',
      points: [
        { x: 2, y: 0.5 },
        { x: 2, y: 0.6 },
      ],
    },
  ]);
});

it('the axis of a training has the names of its metrics, and powers of ten if they fall far', () => {
  const curve = [
    { 'train-rmse': 900, 'valid-rmse': 1000, 'valid-mae': 700 },
    { 'train-rmse': 2, 'valid-rmse': 3, 'valid-mae': 2 },
  ];
  expect(lossChart('x@1', { ...report, curve })).toMatchObject({ y: 'rmse, mae', isLogarithmic: true });
  const many = { a: 1, b: 1, c: 1, d: 1, e: 1 };
  expect(lossChart('x@1', { ...report, curve: [many] })).toMatchObject({ y: 'metrics' });
});
