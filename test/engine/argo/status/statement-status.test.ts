import { describe, expect, test } from 'vitest';
import { statementStatus, stateOf, submittedStatement } from '../../../../src/engine/argo/status/statement-status.ts';
import { readNodes } from '../../../../src/engine/argo/workflows/read-nodes.ts';
import { foreignStep, render, runStep, submission } from '../../../workflow/deployment.ts';
import { asStep, observed, sample, submitted, submittedForeign } from '../observed.ts';

test('what was submitted is read back from the workflow', () => {
  const { metadata } = render([runStep()], {
    submission: { attempt: 2, done: ['step-0'], text: "SELECT '{{' \ud800" },
  });
  const stored = { metadata: { ...metadata, name: 'w', creationTimestamp: '' } };
  const { id, submittedBy } = submission;
  expect(submittedStatement(stored)).toEqual({
    id,
    submittedBy,
    attempt: 2,
    done: ['step-0'],
    text: "SELECT '{{' \ud800",
    plan: { kind: 'plan', version: 6, steps: [runStep()] },
  });
  expect(submittedStatement({ metadata: { name: 'other', creationTimestamp: '' } })).toBeNull();
});

describe('the state is', () => {
  const stateWith = (changes: Parameters<typeof observed>[1]) => stateOf(observed([], changes).workflow);
  test.each([
    ['queued', { phase: '' }],
    ['queued', { phase: 'Pending' }],
    ['running', { phase: 'Running' }],
    ['running', { phase: 'Succeeded' }],
    ['cancelling', { phase: 'Running', shutdown: 'Stop' }],
    ['cancelling', { phase: 'Failed', shutdown: 'Stop' }],
    ['succeeded', { phase: 'Succeeded', completed: true }],
    ['succeeded', { phase: 'Succeeded', completed: true, shutdown: 'Stop' }],
    ['cancelled', { phase: 'Failed', completed: true, shutdown: 'Terminate' }],
    ['failed', { phase: 'Failed', completed: true }],
    ['failed', { phase: 'Error', completed: true, shutdown: '' }],
  ] as const)('%s of %j', (state, changes) => {
    expect(stateWith(changes)).toBe(state);
  });

  test('queued before the controller has seen it', () => {
    const { workflow } = observed([]);
    expect(stateOf({ ...workflow, status: undefined })).toBe('queued');
  });
});

describe('a workflow of a real controller', () => {
  test('that failed names the step and the failure of its last pod', () => {
    const workflow = sample('failed');
    const status = statementStatus(workflow, submitted, asStep(readNodes(workflow), 'sample-failed', 'step-1'));
    const error = {
      code: 'WORKER_FAILED',
      message: 'a worker of step-1 ended with exit code 65',
      hint: 'see millrace logs; completed work is kept; retry to continue',
    };
    const partition = { state: 'pending', rows: 0, done: 0, failed: 0, outputs: 0, attempts: 0 };
    expect(status).toEqual({
      id: submission.id,
      text: submission.text,
      plan: submitted.plan,
      state: 'failed',
      submittedBy: 'ada',
      hasWorkflow: true,
      submittedAt: '2026-11-21T11:01:07Z',
      startedAt: '2026-11-21T11:01:08Z',
      finishedAt: '2026-11-21T11:01:38Z',
      error,
      steps: [
        {
          name: 'step-1',
          state: 'failed',
          error,
          rows: null,
          affectedRows: null,
          startedAt: null,
          partitions: [
            { number: 0, ...partition },
            { number: 1, ...partition },
          ],
        },
        {
          name: 'step-2',
          state: 'pending',
          error: null,
          rows: null,
          affectedRows: null,
          startedAt: null,
          partitions: [],
        },
      ],
    });
  });

  test('whose worker got no further says why its earlier pods failed', () => {
    const standstill =
      'main: Error (exit code 65): {"error":{"code":"NO_PROGRESS","message":"worker 0 …","hint":null}}';
    const { workflow, nodes } = observed(
      [
        { name: 'w.step-1', type: 'DAG', phase: 'Failed' },
        {
          name: 'w.step-1.worker(0:0)',
          type: 'Retry',
          phase: 'Failed',
          message: 'No more retries left',
          children: ['w.step-1.worker(0:0)(0)', 'w.step-1.worker(0:0)(1)'],
        },
        { name: 'w.step-1.worker(0:0)(0)', phase: 'Failed', message: 'OOMKilled (exit code 137)' },
        { name: 'w.step-1.worker(0:0)(1)', phase: 'Failed', message: standstill },
      ],
      { phase: 'Failed', completed: true },
    );
    expect(statementStatus(workflow, submitted, nodes).error).toMatchObject({ message: 'step-1 ran out of memory' });
  });

  test('that succeeded has no error, even if a partition was retried', () => {
    const workflow = sample('succeeded');
    const plan = { kind: 'plan', version: 6, steps: [foreignStep({ partitions: 4 })] } as const;
    const status = statementStatus(workflow, { ...submitted, plan }, asStep(readNodes(workflow), 'sample', 'step-1'));
    expect(status).toMatchObject({ state: 'succeeded', error: null, steps: [{ state: 'succeeded', error: null }] });
    expect(status.steps[0]?.partitions.map(({ state, attempts }) => [state, attempts])).toEqual([
      ['done', 1],
      ['done', 1],
      ['done', 2],
      ['done', 1],
    ]);
  });
});

describe('while it runs', () => {
  test('the partitions of a foreign image are pending, running or done, and running again during a retry', () => {
    const { workflow, nodes } = observed([
      { name: 'w.step-1', type: 'DAG' },
      {
        name: 'w.step-1.partition(0:0)',
        type: 'Retry',
        children: ['w.step-1.partition(0:0)(0)', 'w.step-1.partition(0:0)(1)'],
      },
      { name: 'w.step-1.partition(0:0)(0)', phase: 'Error', message: 'pod deleted' },
      { name: 'w.step-1.partition(0:0)(1)', phase: 'Running' },
      { name: 'w.step-1.partition(0:1)', type: 'Retry', children: ['w.step-1.partition(0:1)(0)'] },
      { name: 'w.step-1.partition(0:1)(0)', phase: 'Pending' },
    ]);
    const plan = { kind: 'plan', version: 6, steps: [foreignStep({ partitions: 2 })] } as const;
    expect(statementStatus(workflow, { ...submitted, plan }, nodes).steps[0]?.partitions).toMatchObject([
      { state: 'running', attempts: 2 },
      { state: 'pending', attempts: 1 },
    ]);
  });

  test('the workflow says nothing of the partitions that its workers draw', () => {
    const { workflow, nodes } = observed([
      { name: 'w.step-1', type: 'DAG' },
      { name: 'w.step-1.worker(0:0)', type: 'Retry', children: ['w.step-1.worker(0:0)(0)'] },
      { name: 'w.step-1.worker(0:0)(0)', phase: 'Running' },
    ]);
    const status = statementStatus(workflow, submitted, nodes);
    expect(status).toMatchObject({ state: 'running', error: null, finishedAt: null });
    expect(status.steps.map(({ state }) => state)).toEqual(['running', 'pending']);
    expect(status.steps[0]?.partitions).toMatchObject([
      { state: 'pending', attempts: 0 },
      { state: 'pending', attempts: 0 },
    ]);
  });

  test('the pod of a foreign image with one partition is that partition', () => {
    const { workflow, nodes } = observed([
      { name: 'w.step-1', type: 'Retry', children: ['w.step-1(0)'] },
      { name: 'w.step-1(0)', phase: 'Running' },
    ]);
    expect(statementStatus(workflow, submittedForeign, nodes).steps[0]?.partitions).toMatchObject([
      { number: 0, state: 'running', attempts: 1 },
    ]);
  });
});

test('steps that an earlier attempt completed have succeeded', () => {
  const { workflow, nodes } = observed([{ name: 'w.step-2', type: 'Retry' }]);
  const status = statementStatus(workflow, { ...submitted, done: ['step-1'] }, nodes);
  expect(status.steps.map(({ state }) => state)).toEqual(['succeeded', 'running']);
  expect(status.steps[0]?.partitions.map(({ state }) => state)).toEqual(['done', 'done']);
});

test('steps that did not finish before a cancellation are cancelled, without an error', () => {
  const { workflow, nodes } = observed(
    [
      { name: 'w.step-1', type: 'DAG', phase: 'Failed' },
      { name: 'w.step-1.prepare(0)', phase: 'Failed', message: 'workflow shutdown with strategy:  Stop' },
      { name: 'w.step-2', type: 'Skipped', phase: 'Omitted' },
    ],
    { phase: 'Failed', completed: true, shutdown: 'Stop', message: "Stopped with strategy 'Stop'" },
  );
  const status = statementStatus(workflow, submitted, nodes);
  expect(status).toMatchObject({ state: 'cancelled', error: null });
  expect(status.steps.map(({ state, error }) => [state, error])).toEqual([
    ['cancelled', null],
    ['cancelled', null],
  ]);
});

describe('the error is', () => {
  test('that of the worker that was the first to use up its retries', () => {
    const { workflow, nodes } = observed(
      [
        {
          name: 'w.step-1',
          type: 'DAG',
          phase: 'Failed',
          message: "child 'x' failed",
          finishedAt: '2026-11-21T11:00:09Z',
        },
        {
          name: 'w.step-1.worker(0:0)',
          type: 'Retry',
          phase: 'Failed',
          children: ['a'],
          finishedAt: '2026-11-21T11:00:09Z',
        },
        { name: 'a', phase: 'Failed', message: 'main: Error (exit code 1)' },
        {
          name: 'w.step-1.worker(1:1)',
          type: 'Retry',
          phase: 'Failed',
          children: ['b', 'c'],
          finishedAt: '2026-11-21T11:00:08Z',
        },
        { name: 'b', phase: 'Error', message: 'pod deleted' },
        { name: 'c', phase: 'Failed', message: 'main: Error (exit code 70)' },
        { name: 'w.step-10', type: 'Retry', phase: 'Failed', children: [], finishedAt: '2026-11-21T11:00:02Z' },
      ],
      { phase: 'Failed', completed: true },
    );
    expect(statementStatus(workflow, submitted, nodes).error?.message).toBe(
      'a worker of step-1 ended with exit code 70',
    );
  });

  test("the workflow's own if no step started", () => {
    const message = 'invalid spec: templates.statement unknown';
    const { workflow, nodes } = observed([], { phase: 'Error', completed: true, message });
    expect(statementStatus(workflow, submitted, nodes).error).toEqual({
      code: 'WORKER_FAILED',
      message: `the statement failed: ${message}`,
      hint: 'see millrace logs; completed work is kept; retry to continue',
    });
  });
});
