import { describe, expect, it } from 'vitest';
import { statementTable } from '../../src/cli/statement-table.ts';
import type { Statement } from '../../src/service/statement.ts';

const id = '01a1fe11-8367-742c-aa47-70f35d11cbda';
const partition = (number: number, state: 'pending' | 'running' | 'done', done: number, attempts = 1) => ({
  number,
  state,
  rows: 10,
  done,
  failed: number === 1 ? 1 : 0,
  outputs: done * 2,
  attempts,
});

function statement(partitions: readonly ReturnType<typeof partition>[]): Statement {
  return {
    id,
    state: 'running',
    submittedBy: 'ada',
    startedAt: '2026-11-21T10:00:00.000000Z',
    finishedAt: null,
    error: null,
    progress: { step: 'step-2', done: 15, total: 30, failed: 1, outputs: 30, rowsPerSecond: 2.5, secondsLeft: 6 },
    steps: [
      {
        name: 'step-1',
        kind: 'sql',
        program: null,
        outputs: null,
        state: 'succeeded',
        error: null,
        into: null,
        rows: null,
        partitions: [],
        models: null,
        find: null,
      },
      {
        name: 'step-2',
        kind: 'run',
        program: 'detect',
        outputs: 'detections',
        state: 'running',
        error: null,
        into: 'd.t',
        rows: 30,
        partitions,
        models: null,
        find: null,
      },
    ],
  } as unknown as Statement;
}

const now = new Date('2026-11-21T10:01:05Z');

describe('the table of a statement', () => {
  it('contains its steps and their partitions', () => {
    const shown = statement([partition(0, 'done', 10), partition(1, 'running', 5, 2), partition(2, 'pending', 0)]);
    expect(statementTable(shown, now)).toEqual([
      `${id}  running  1 min 5 s  by ada`,
      'step-1  sql  succeeded',
      'step-2  run  running  ████████████────────────  15/30 images  2.5 images/s  6 s left  → d.t',
      '  partition 0  done     ████████████████████████  10/10  20 detections',
      '  partition 1  running  ████████████────────────  5/10  10 detections  1 failed  attempt 2',
      '  partition 2  pending  ────────────────────────  0/10  0 detections',
    ]);
  });

  it('says what each model of TO FIND was asked, decided and took, beside the prediction', () => {
    const shown = statement([partition(0, 'done', 10)]);
    const predicted = { asked: 0.5, totalMs: 12.345 };
    const models = [
      { name: 'quick', classes: ['dog'], asked: 10, decided: 8, reused: 0, inferMs: 5.0049, predicted },
      { name: 'slow@2', classes: ['cat'], asked: 2, decided: 2, reused: 2, inferMs: null, predicted },
    ];
    const find = {
      strategy: 'order',
      predicted: { costMs: 12.345, accuracy: 0.8, agreement: 0.951 },
      actual: { costMs: 9.8765, agreement: 0.9, labelled: 10 },
    } as const;
    const steps = [shown.steps[0]!, { ...shown.steps[1]!, models, find }];
    expect(statementTable({ ...shown, steps }, now).slice(3, 6)).toEqual([
      '  quick   asked about 10 images (100 %, predicted 50 %)  decided 8  5 ms an image (predicted 12.3 ms)',
      '  slow@2  asked about 2 images (20 %, predicted 50 %)  decided 2  2 by stored answers',
      '  cost 9.88 ms an image (predicted 12.3)  right about 90 % of 10 labelled images (predicted 95.1 %)',
    ]);
  });

  it('fits a terminal: running partitions come first, the others are counted', () => {
    const many = Array.from({ length: 100 }, (_, number) =>
      partition(number, number === 70 ? 'running' : number < 70 ? 'done' : 'pending', 0),
    );
    const lines = statementTable(statement(many), now, 10);
    expect(lines).toHaveLength(10);
    expect(lines[3]).toMatch(/^ {2}partition 70 {2}running/);
    expect(lines[9]).toBe('  … and 94 more partitions');
  });

  it('shows why the statement waits', () => {
    const error = { code: 'NOT_SCHEDULED', message: 'no node has a GPU that is free', hint: null };
    expect(statementTable({ ...statement([]), error }, now)[1]).toBe('NOT_SCHEDULED: no node has a GPU that is free');
  });
});
