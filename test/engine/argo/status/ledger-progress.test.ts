import { expect, it } from 'vitest';
import { withLedger } from '../../../../src/engine/argo/status/ledger-progress.ts';
import type { PartitionStatus, StepStatus } from '../../../../src/ledger/statement-status.ts';

const partition = (changes: Partial<PartitionStatus>): PartitionStatus => ({
  number: 0,
  state: 'pending',
  rows: 0,
  done: 0,
  failed: 0,
  outputs: 0,
  attempts: 0,
  ...changes,
});

const step = (partitions: readonly PartitionStatus[], changes: Partial<StepStatus> = {}): StepStatus => ({
  name: 'step-1',
  state: 'running',
  error: null,
  rows: null,
  affectedRows: null,
  startedAt: null,
  partitions,
  ...changes,
});

it('takes states from the workflow and numbers of rows from the ledger', () => {
  const told = step([partition({ state: 'running', attempts: 2 })]);
  const counted = partition({ state: 'running', rows: 6, done: 4, failed: 1, outputs: 9, attempts: 1 });
  expect(withLedger([told], [step([counted], { state: 'pending', rows: 6 })])).toEqual([
    step([{ ...counted, attempts: 2 }], { rows: 6 }),
  ]);
});

it('counts the rows of a pod that succeeded as done if its image does not update the ledger', () => {
  const told = step([
    partition({ state: 'done', attempts: 1 }),
    partition({ number: 1, state: 'running', attempts: 1 }),
  ]);
  const counted = step([partition({ rows: 5 }), partition({ number: 1, rows: 5 })], { rows: 10 });
  expect(withLedger([told], [counted])[0]?.partitions).toEqual([
    partition({ state: 'done', rows: 5, done: 5, attempts: 1 }),
    partition({ number: 1, state: 'running', rows: 5, attempts: 1 }),
  ]);
});

it('shows the partitions of the workflow before the rows are selected', () => {
  const told = step([partition({}), partition({ number: 1 })]);
  expect(withLedger([told], [step([])])).toEqual([told]);
});

it('has no partitions for an empty selection, whatever number was requested', () => {
  const told = step([partition({}), partition({ number: 1 })]);
  expect(withLedger([told], [step([], { rows: 0 })])).toEqual([step([], { rows: 0 })]);
  expect(withLedger([told], [step([])])).toEqual([told]);
});
