import { describe, expect, test } from 'vitest';
import { duration, progressLine } from '../../src/cli/progress.ts';
import type { PartitionStatus, StatementStatus } from '../../src/engine/engine.ts';
import type { Step } from '../../src/plan/plan.ts';

const partition = (done: number, rows: number, failed = 0): PartitionStatus => ({
  number: 0,
  state: 'running',
  rows,
  done,
  failed,
  detections: 0,
  attempts: 1,
});

function status(rows: number | null, partitions: readonly PartitionStatus[], kind = 'run'): StatementStatus {
  const steps = [{ name: 'step-1', state: 'running' as const, error: null, rows, partitions }];
  return {
    state: 'running',
    error: null,
    plan: { version: 1, steps: [{ kind } as Step] },
    steps,
  } as unknown as StatementStatus;
}

describe('the progress line', () => {
  test.each([
    ['nothing for a statement without images', status(null, [], 'sql'), [], ''],
    ['the selecting', status(null, []), [], 'selecting the rows …'],
    [
      'the loading of the model',
      status(20, [partition(0, 20)]),
      [{ done: 0, atMs: 0 }],
      '────────────────────────  0/20 images  loading the model …',
    ],
    [
      'images, speed and the time left, over all partitions',
      status(20, [partition(8, 10), partition(2, 10)]),
      [
        { done: 0, atMs: 1000 },
        { done: 10, atMs: 3000 },
      ],
      '████████████────────────  10/20 images  5.0 images/s  2 s left',
    ],
    [
      'failed images',
      status(4, [partition(4, 4, 1)]),
      [
        { done: 0, atMs: 0 },
        { done: 4, atMs: 1000 },
      ],
      '████████████████████████  4/4 images  4.0 images/s  0 s left  1 failed',
    ],
    [
      'an empty selection as done',
      status(0, [partition(0, 0)]),
      [],
      '████████████████████████  0/0 images  loading the model …',
    ],
  ])('shows %s', (_, given, samples, line) => {
    expect(progressLine(given, samples)).toBe(line === '' || line.startsWith('sel') ? line : `step-1  ${line}`);
  });
});

test.each([
  [0.4, '0 s'],
  [59.6, '1 min 0 s'],
  [200, '3 min 20 s'],
  [7500, '2 h 5 min'],
])('%d s read as %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test('what holds a running statement up stands in the place of its progress', () => {
  const error = { code: 'NOT_SCHEDULED', message: 'no node has a GPU that is free', hint: null };
  expect(progressLine({ ...status(20, [partition(8, 20)]), error }, [])).toBe(
    'waiting: no node has a GPU that is free',
  );
});
