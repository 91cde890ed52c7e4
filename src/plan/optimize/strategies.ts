import type { States } from '../../programs/predicate/states.ts';
import { chooseBaseline } from './baseline.ts';
import { searchBasic } from './basic.ts';
import { chooseCascade } from './choose.ts';
import { type Solver, solveCover } from './cover-program.ts';
import { searchOrder } from './order.ts';
import { chooseOrdered } from './order-large.ts';
import type { Cascade, Choice, Goal, Problem } from './problem.ts';

export type Strategy = 'baseline' | 'basic' | 'order';

/** The plan of each strategy, and all plans worth having where they can be searched. */
export interface Strategies {
  readonly choices: Readonly<Record<Strategy, Choice>>;
  /** The plans of the strategy `order`, in ascending order of cost and accuracy; null: there are too many classes to search them. */
  readonly front: readonly Cascade[] | null;
}

/** @param states of the predicate; null: it has too many classes, and `solve` finds its models. Yields where it may be stopped. */
export function* chooseCascades(
  problem: Problem,
  goal: Goal,
  states: States | null,
  solve: Solver,
): Generator<void, Strategies> {
  const baseline = chooseBaseline(problem, goal);
  if (states === null) {
    const basic = solveBasic(problem, goal, solve);
    return { choices: { baseline, basic, order: yield* chooseOrdered(problem, goal, basic, solve) }, front: null };
  }
  const front = yield* searchOrder(problem, states);
  const basic = chooseCascade(yield* searchBasic(problem), goal);
  return { choices: { baseline, basic, order: chooseCascade(front, goal) }, front };
}

function solveBasic(problem: Problem, goal: Goal, solve: Solver): Choice {
  const cascade = solveCover(problem, goal, solve);
  if (cascade !== null) return { kind: 'chosen', cascade };
  // The cheapest plan at all comes nearest to a cost that none keeps, and the most accurate to an accuracy that none has.
  const nearest: Goal =
    goal.kind === 'maxCost' ? { kind: 'minAccuracy', accuracy: Number.MIN_VALUE } : { kind: 'best' };
  return { kind: 'missed', nearest: solveCover(problem, nearest, solve) };
}
