import { describe, expect, test } from 'vitest';
import { failedByRemovals } from '../../../../src/engine/argo/status/removals.ts';
import { runStep } from '../../../workflow/deployment.ts';
import { observed, submitted } from '../observed.ts';

/** Partition 0 failed after attempts with these messages. */
function failed(messages: readonly string[], retries: number, phase = 'Failed') {
  const children = messages.map((message, at) => ({ name: `w.step-1.partition(0:0)(${at})`, phase, message }));
  const retry = { name: 'w.step-1.partition(0:0)', type: 'Retry', children: children.map(({ name }) => name) };
  const { workflow, nodes } = observed(
    [
      { ...retry, phase, message: 'No more retries left' },
      { name: 'w.step-1.prepare', phase: 'Succeeded' },
      ...children,
    ],
    { completed: true, phase: 'Failed' },
  );
  const plan = { ...submitted.plan, steps: [runStep({ retries })] };
  return failedByRemovals(workflow, nodes, plan);
}

const evicted = 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 52Mi.';
const shutDown = 'Pod was terminated in response to imminent node shutdown.';
const preempted = 'main: Error (exit code 143)';
const temporary = 'main: Error (exit code 75)';
const standstill = 'main: Error (exit code 65): {"level":50,"error":{"code":"NO_PROGRESS","message":"","hint":null}}';

describe("a node's removals are not the user's retries", () => {
  test.each([
    ['one removal without retries', [evicted], 0],
    ['only removals', [evicted, shutDown, 'pod deleted', preempted], 3],
    ['fewer failures than retries', [preempted, temporary, temporary], 2],
    ['a worker killed by a signal last', [evicted, 'main: OOMKilled (exit code 137)'], 1],
    [
      'failures before the worker got further, then a removal',
      [temporary, temporary, temporary, evicted, standstill],
      0,
    ],
  ])('%s: the statement goes on', (_, messages, retries) => {
    expect(failed(messages, retries)).toBe(true);
  });

  test.each([
    ['no removal', [temporary, temporary], 1],
    ['no retries left without the removals', [evicted, temporary, temporary], 1],
    ['a worker that got no further, without removals', [evicted, temporary, temporary, standstill], 1],
    ["a user's mistake last", [evicted, 'main: Error (exit code 65): {}'], 3],
    ['a deadline, at which the worker gets SIGTERM, too', ['Step exceeded its deadline'], 3],
    [
      'a deadline after a removal',
      [evicted, 'Pod was active on the node longer than the specified deadline (exit code 143)'],
      3,
    ],
  ])('%s: it fails', (_, messages, retries) => {
    expect(failed(messages, retries)).toBe(false);
  });

  test('a standard statement is never repeated', () => {
    const pod = { name: 'w.step-2(0)', phase: 'Failed', message: 'pod deleted' };
    const retry = { name: 'w.step-2', type: 'Retry', phase: 'Failed', children: [pod.name] };
    const { workflow, nodes } = observed([retry, pod], { completed: true, phase: 'Failed' });
    expect(failedByRemovals(workflow, nodes, submitted.plan)).toBe(false);
  });
});
