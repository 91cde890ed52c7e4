import { expect, test } from 'vitest';
import { pendingTimeout } from '../../../../src/engine/argo/status/pending-timeout.ts';
import type { WorkflowNode } from '../../../../src/engine/argo/workflows/observed-workflow.ts';
import type { TrainStep } from '../../../../src/plan/plan.ts';
import { goldenPlan, runStep } from '../../../workflow/deployment.ts';
import { observed, submitted } from '../observed.ts';

const since = '2026-11-21T11:00:00Z';

/** Sixty seconds after a pod has started to wait. */
function after60s(node: Partial<WorkflowNode>, pendingSeconds: number | null) {
  const { workflow, nodes } = observed([
    { name: 'w.step-1.partition(3:3)(0)', phase: 'Pending', startedAt: since, ...node },
  ]);
  const plan = { ...submitted.plan, steps: [runStep({ pendingSeconds })] };
  return pendingTimeout(workflow, nodes, plan, Date.parse(since) + 60_000);
}

test('a pod that waits longer than its step allows is named, with what it waits for', () => {
  expect(after60s({ message: 'Unschedulable: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu.' }, 60)).toEqual({
    step: 'step-1',
    code: 'PENDING_TIMEOUT',
    message: 'partition-3 of step-1 waited longer than 60 s before it ran: no node has enough free GPUs',
    hint: 'completed work is kept; retry to continue, or raise pending_timeout',
  });
  const waiting = 'Waiting for millrace/ConfigMap/millrace-places/one lock. Lock status: 0/1';
  expect(after60s({ name: 'w.step-1.partition(3:3)', type: 'Retry', message: waiting }, 10)).toMatchObject({
    message:
      'partition-3 of step-1 waited longer than 10 s before it ran: the profile one has no free place (1 in all)',
  });
  expect(after60s({}, 10)).toMatchObject({
    message: 'partition-3 of step-1 waited longer than 10 s before it ran',
  });
});

test.each([
  ['within its time', {}, 61],
  ['of a step without a limit', {}, null],
  ['that runs', { phase: 'Running' }, 10],
  ['that has not been created', { startedAt: null }, 10],
] as const)('a pod %s may go on', (_, node, seconds) => {
  expect(after60s(node, seconds)).toBeNull();
});

test('a trainer of a search may wait as long as another one trains', () => {
  const step = { ...(goldenPlan('train-search').steps[0] as TrainStep), pendingSeconds: 10 };
  const beside = (phase: string) => {
    const { workflow, nodes } = observed([
      { name: 'w.step-1.worker(0:0)(0)', phase, startedAt: since },
      { name: 'w.step-1.worker(1:1)(0)', phase: 'Pending', startedAt: since },
    ]);
    return pendingTimeout(workflow, nodes, { ...submitted.plan, steps: [step] }, Date.parse(since) + 60_000);
  };
  expect(beside('Running')).toBeNull();
  expect(beside('Succeeded')).toMatchObject({ code: 'PENDING_TIMEOUT', message: expect.stringContaining('worker-1') });
});
