import { describe, expect, test } from 'vitest';
import { duration, progressLine } from '../../src/cli/progress.ts';
import type { Statement } from '../../src/service/statement.ts';

type Progress = NonNullable<Statement['progress']>;

const selected: Progress = {
  step: 'step-1',
  done: 0,
  total: 20,
  failed: 0,
  outputs: 0,
  rowsPerSecond: null,
  secondsLeft: null,
};

function training(progress: Statement['steps'][number]['progress']): Statement {
  const steps = [{ name: 'step-1', kind: 'train', state: 'running', program: null, progress }];
  return { state: 'running', error: null, steps, progress: null } as unknown as Statement;
}

function running(progress: Progress | null, kind = 'run'): Statement {
  const program = kind === 'run' ? 'detect' : null;
  return {
    state: 'running',
    error: null,
    steps: [{ name: 'step-1', kind, program }],
    progress,
  } as unknown as Statement;
}

describe('the progress line', () => {
  test.each([
    ['nothing for a statement without images', running(null, 'sql'), ''],
    ['that the statement is queued', { ...running(null), state: 'queued' as const }, 'queued …'],
    ['the selecting', running(null), 'selecting rows …'],
    [
      'the loading of the model',
      running(selected),
      'step-1  ────────────────────────  0/20 images  loading the model …',
    ],
    [
      'images, speed and the time left',
      running({ ...selected, done: 10, rowsPerSecond: 5, secondsLeft: 2 }),
      'step-1  ████████████────────────  10/20 images  5.0 images/s  2 s left',
    ],
    [
      'failed images, and no time left of a step that has ended',
      running({ ...selected, done: 20, failed: 1, rowsPerSecond: 4 }),
      'step-1  ████████████████████████  20/20 images  4.0 images/s  1 failed',
    ],
    [
      'an empty selection as done',
      running({ ...selected, total: 0 }),
      'step-1  ────────────────────────  0/0 images  loading the model …',
    ],
    [
      'the first installation of the trainer',
      training({ unit: 'package', done: 6, total: 24, metrics: {} }),
      'step-1  ██████──────────────────  6/24 Python packages installed',
    ],
    [
      'the rows that are selected for training',
      training({ unit: 'row', done: 4096, total: null, metrics: {} }),
      'step-1  4096 rows selected',
    ],
    [
      'epochs with their metrics',
      training({ unit: 'epoch', done: 3, total: 4, metrics: { train_loss: 0.123456, valid_loss: null } }),
      'step-1  ██████████████████──────  3/4 epochs  train_loss 0.1235',
    ],
  ])('shows %s', (_, statement, line) => {
    expect(progressLine(statement)).toBe(line);
  });
});

test.each([
  [0.4, '0 s'],
  [59.6, '1 min 0 s'],
  [200, '3 min 20 s'],
  [7500, '2 h 5 min'],
])('%d s are shown as %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test('the reason why a running statement waits is shown instead of its progress', () => {
  const error = { code: 'NOT_SCHEDULED', message: 'no node has a GPU that is free', hint: null };
  expect(progressLine({ ...running(selected), error })).toBe('waiting: no node has a GPU that is free');
});
