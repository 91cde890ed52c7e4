import { expect, it } from 'vitest';
import type { Transition } from '../../src/ledger/metric-queries.ts';
import type { StatementState } from '../../src/ledger/statement-states.ts';
import { phasesOf } from '../../src/server/metrics/phases-of.ts';

const all = () => true;

function history(...transitions: readonly (readonly [StatementState, number])[]): readonly Transition[] {
  return transitions.map(([state, at], index) => ({ number: index + 1, statement: 's', state, at, error: '' }));
}

it('a statement waits from queued to running, and runs from there to its end', () => {
  expect(phasesOf(history(['queued', 10], ['running', 12.5], ['succeeded', 20]), all, 20)).toEqual([
    { phase: 'queue', seconds: 2.5 },
    { phase: 'run', seconds: 7.5 },
  ]);
});

it('only phases that end with a new transition are returned', () => {
  const transitions = history(['queued', 10], ['running', 12], ['failed', 20]);
  expect(phasesOf(transitions, ({ number }) => number === 3, 20)).toEqual([{ phase: 'run', seconds: 8 }]);
  expect(phasesOf(transitions, () => false, 20)).toEqual([]);
});

it('a statement that another server took over has run since it started', () => {
  const transitions = history(['queued', 0], ['running', 1], ['running', 50], ['succeeded', 60]);
  expect(phasesOf(transitions, all, 60)).toEqual([
    { phase: 'queue', seconds: 1 },
    { phase: 'run', seconds: 59 },
  ]);
});

it('each attempt of a retried statement is a separate run', () => {
  const transitions = history(['queued', 0], ['running', 1], ['failed', 5], ['running', 100], ['succeeded', 103]);
  expect(phasesOf(transitions, all, 103).map(({ seconds }) => seconds)).toEqual([1, 4, 3]);
});

it('a run ends when the statement ends, however late that is recorded', () => {
  const transitions = history(['queued', 0], ['running', 1], ['succeeded', 3600]);
  expect(phasesOf(transitions, ({ number }) => number === 3, 61)).toEqual([{ phase: 'run', seconds: 60 }]);
});

it('a statement that was cancelled before it ran has not run', () => {
  expect(phasesOf(history(['queued', 0], ['cancelling', 1], ['cancelled', 2]), all, 2)).toEqual([]);
});
