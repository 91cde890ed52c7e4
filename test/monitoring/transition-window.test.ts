import { expect, it } from 'vitest';
import type { Transition } from '../../src/ledger/metric-queries.ts';
import { openTransitionWindow } from '../../src/server/metrics/transition-window.ts';

const minute = 60_000;

function numbered(...numbers: readonly number[]): readonly Transition[] {
  return numbers.map((number) => ({ number, statement: 's', state: 'running', at: 0, error: '' }));
}

it('a transition that is committed late, with a number below others, is not missed', () => {
  const window = openTransitionWindow(numbered(1, 2, 4), () => 0);
  const read = numbered(1, 2, 3, 4, 6);
  expect(window.fresh(read).map(({ number }) => number)).toEqual([3, 6]);
  window.advance(read);
  expect(window.fresh(numbered(3, 4, 5, 6)).map(({ number }) => number)).toEqual([5]);
});

it('rises past transitions that were seen a minute ago', () => {
  let now = 0;
  const window = openTransitionWindow(numbered(7, 8), () => now);
  expect(window.floor).toBe(6);
  now = minute / 2;
  window.advance(numbered(7, 8, 9));
  expect(window.floor).toBe(6);
  now = minute;
  window.advance(numbered(7, 8, 9, 10));
  expect(window.floor).toBe(8);
  expect(window.fresh(numbered(9, 10, 11)).map(({ number }) => number)).toEqual([11]);
});

it('starts empty', () => {
  const window = openTransitionWindow([]);
  expect([window.floor, window.fresh(numbered(1)).length]).toEqual([0, 1]);
});

it('does not move when transitions that it has seen are deleted', () => {
  let now = 0;
  const window = openTransitionWindow(numbered(7, 8), () => now);
  now = 2 * minute;
  window.advance([]);
  expect(window.fresh(numbered(9)).map(({ number }) => number)).toEqual([9]);
});
